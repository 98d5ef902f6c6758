"""The overview as a paragraph, with the numbers filled in."""

from __future__ import annotations

from app import numbers
from app.views.gate import Shown


def in_words(shown: Shown) -> str:
    """Write what the model does at the threshold in force, in plain sentences (Markdown)."""
    o, m = shown.of_model.outcomes, shown.of_model.metrics
    negative, positive = (f"‘{numbers.plain(label)}’" for label in shown.predictions.labels)
    total, n_pos, flagged = float(o.total), float(o.positives), float(o.flagged)
    unit = "rows" if shown.of_model.binary_cases.weight is None else "rows (weighted)"
    if shown.threshold is not None:
        rule = f"the rule score ≥ {numbers.threshold(shown.threshold)}"
    else:
        rule = f"column {numbers.plain(shown.model.y_pred)}" if shown.model.y_pred else "the most probable class"  # fmt: skip
    said = [
        f"Of {numbers.count(total)} {unit}, **{numbers.count(n_pos)} are labelled {positive}** ({numbers.share(m.values['prevalence'])}), "
        f"the others {negative}.",
        f"With {rule} the model flags **{numbers.count(flagged)}** ({numbers.share(flagged / total)}).",
    ]
    if flagged:
        said.append(f"**{numbers.count(float(o.tp))}** of the flagged are right (precision {numbers.share(m.values['precision'])}), "
                    f"{numbers.count(float(o.fp))} are false alarms.")  # fmt: skip
    if n_pos:
        said.append(
            f"It finds {numbers.share(m.values['recall'])} of the {positive} rows and misses **{numbers.count(float(o.fn))}**."
        )
    auc = m.values.get("roc_auc")
    if auc is not None:
        said.append(
            f"Whatever the threshold, a {positive} row scores higher than a {negative} row {numbers.share(auc)} of the time."
        )
    ap, base = m.values.get("average_precision"), m.values["prevalence"]
    if ap is not None and base:
        said.append(
            f"Its average precision is {numbers.number(ap)}, {ap / base:,.1f} times what random scores would get."
        )
    return " ".join(said)
