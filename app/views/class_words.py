"""The overview of many classes as a paragraph, with the numbers filled in."""

from __future__ import annotations

import numpy as np

from app import numbers
from app.views.class_pairs import pair_frame
from app.views.class_table import worst_first
from app.views.gate import Shown
from metrics_core.cases import ClassCases


def class_words(shown: Shown) -> str:
    """Write how often the model is right and what it confuses, in plain sentences (Markdown)."""
    tally, m = shown.of_model.confusion, shown.of_model.metrics
    labels = shown.predictions.labels
    total, right = float(tally.total), float(tally.correct.sum())
    unit = "rows" if shown.of_model.cases.weight is None else "rows (weighted)"
    largest = int(np.argmax(tally.support))
    rule = f"Column {numbers.plain(shown.model.y_pred)}" if shown.model.y_pred else "The most probable class"
    present = int((tally.support > 0).sum())
    of_classes = f"{present:,} classes" if present == len(labels) else f"{present:,} of {len(labels):,} classes"  # fmt: skip
    said = [
        f"{numbers.count(total)} {unit} belong to {of_classes}. {rule} is right for **{numbers.count(right)}** of them "
        f"(accuracy {numbers.share(m.values['accuracy'])}); always answering {_quoted(labels[largest])}, the largest class, "
        f"would be right for {numbers.share(float(tally.support[largest]) / total)}."
    ]
    pairs = pair_frame(shown)
    if pairs.empty:
        said.append("Every row is predicted right.")
    else:
        first, five = pairs.iloc[0], min(5, len(pairs))
        mistakes = f"{numbers.count(total - right)} mistakes" if total - right != 1 else "1 mistake"
        said.append(
            f"The most frequent of the {mistakes}: **true {_quoted(first['True class'])} taken for {_quoted(first['Taken for'])}, "
            f"{numbers.rows(float(first['Rows']))}** ({numbers.share(first['Share of mistakes'])})."
        )
        if len(pairs) > five:
            said.append(f"The {five} most frequent of {len(pairs):,} confusions are {numbers.share(pairs['Together'].iloc[five - 1])} of the mistakes.")  # fmt: skip
    worst = next((one for one in worst_first(shown) if one.metrics.values["f1"] is not None), None)
    if worst is not None and len(pairs):
        found, kept = (numbers.share(worst.metrics.values[key]) for key in ("recall", "precision"))
        said.append(f"The weakest class is **{_quoted(worst.label)}** (F1 {numbers.number(worst.metrics.values['f1'])}): "
                    f"{found} of its rows are found, and {kept} of what is called so is right.")  # fmt: skip
    said += _how_sure(shown)
    return " ".join(said)


def _how_sure(shown: Shown) -> list[str]:
    """Say how sure the model is where it is right and where it is wrong."""
    cases = shown.of_model.cases
    if not isinstance(cases, ClassCases) or cases.probabilities is None:
        return []
    sure, wrong = cases.of_decision(), cases.wrong
    if not wrong.any() or wrong.all():
        return []
    weight = np.ones(len(cases)) if cases.weight is None else cases.weight
    if not (weight[wrong].sum() > 0 and weight[~wrong].sum() > 0):
        return []
    means = [float(np.average(sure[part], weights=weight[part])) for part in (~wrong, wrong)]
    return [f"Where it is right it gives its answer a probability of {numbers.share(means[0])} on average, where it is wrong {numbers.share(means[1])}."]  # fmt: skip


def _quoted(label: object) -> str:
    """Write a class of the file as text."""
    return f"‘{numbers.plain(label)}’"
