"""The adviser: one row a warning, each with its trigger, its computed numbers and what to do.

The ids are those of ``docs/findings.md``; a rule returns None when it has nothing to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan, nan, sqrt

import numpy as np

from .cases import BinaryCases
from .checks import Finding, percent, rows_of
from .columns import HISTORY, LABEL_MISSING, WEIGHT_MISSING
from .facts import Facts, Rule
from .forecast_advice import FORECAST_RULES
from .leaks import leaks_of
from .number_advice import NUMBER_RULES
from .repeats import repeats_of
from .tally import ScoreTally

__all__ = ["RULES", "Facts", "Rule", "advise"]

_MANY, _BOTH, _ALL = (
    ("multiclass",),
    ("binary", "multiclass"),
    ("binary", "multiclass", "regression", "forecasting"),
)
#: Rows of a class below which its rates are hardly known, and below which they are known roughly.
VERY_FEW, FEW = 30, 100
#: A group of fewer rows, or in which fewer errors are to be expected, says little.
TINY_ROWS, TINY_ERRORS = 30, 5
#: Above this ROC AUC or accuracy a model is suspiciously good.
TOO_GOOD = 0.995
#: Rows that must share a score, and rows that must have one, before ties or hard scores are worth a word.
_TIED_ROWS, _SCORED_ROWS = 5, 10
_LOOK_AT_IT = "Find out whether the model saw it and whether it is known in time. If it names whom or what rows belong to, give it as --group."


def advise(facts: Facts) -> list[Finding]:
    """Apply every rule of the task."""
    said = ((rule, rule.says(facts)) for rule in RULES if facts.task in rule.tasks)
    return [Finding(rule.id, rule.severity, text, rule.action) for rule, text in said if text]


# ------------------------------------------------------------------------------------------------ classes and accuracy


def _no_better_than_majority(f: Facts) -> str | None:
    accuracy, share = f.metrics["accuracy"], f.majority
    if not share < 1 or accuracy == 1 or not accuracy <= share + 1.96 * sqrt(share * (1 - share) / f.n):
        return None
    larger = "larger class" if f.task == "binary" else f"largest class, {f.largest!r}"
    return (f"Accuracy {accuracy:.1%} is no better than always answering the {larger} ({share:.1%} of the rows): "
            "accuracy misleads here.")  # fmt: skip


def _accuracy_under_imbalance(f: Facts) -> str | None:
    share, accuracy = f.majority, f.metrics["accuracy"]
    if not 0.8 < share < 1:
        return None
    if f.task == "binary":
        return f"The smaller class is {1 - share:.1%} of the rows, so accuracy ({accuracy:.1%}) misleads: it says little about that class.{_instead(f)}"
    return f"Class {f.largest!r} is {share:.1%} of the rows, so accuracy ({accuracy:.1%}) is almost only about that class.{_instead(f)}"


def _few_of_a_class(f: Facts) -> str | None:
    return _few(f, below=FEW, at_least=VERY_FEW)


def _very_few_of_a_class(f: Facts) -> str | None:
    return _few(f, below=VERY_FEW, at_least=0)


def _few(f: Facts, *, below: float, at_least: float) -> str | None:
    """Say of two classes how small a change of its hit rate the smaller can show, of many which are small."""
    few = sorted((n, label) for label, n in f.rows.items() if n > 0 and at_least <= n < below)
    if not few:
        return None
    if f.task != "binary":
        have, rates = ("has", "rate is") if len(few) == 1 else ("have", "rates are")
        known = "hardly known" if below == VERY_FEW else "known only roughly"
        return f"{len(few):,} of {len(f.rows):,} classes {have} fewer than {below:g} rows, so the hit {rates} {known}: {_with_rows(f, few)}."
    negative, positive = f.rows.values()
    if (
        min(negative, positive) < at_least or not min(negative, positive) > 0
    ):  # the other class has even fewer
        return None
    n, name, key = (
        (positive, "positive", "recall") if positive <= negative else (negative, "negative", "specificity")
    )
    rate = f.metrics[key]
    smallest = min(max(2.8 * sqrt(2 * rate * (1 - rate) / n), 1 / n), 1.0)
    return f"Only {_rows(f, n)} {'is' if n == 1 else 'are'} {name}: a change of its hit rate smaller than {smallest:.1%} cannot be seen in so few."


def _with_rows(f: Facts, few: Sequence[tuple[float, str]]) -> str:
    """Name classes with their rows."""
    return _first([f"{label!r} ({_rows(f, n)})" for n, label in few])


def _averages_disagree(f: Facts) -> str | None:
    macro, micro = f.metrics["f1_macro"], f.metrics["f1_micro"]
    found = []
    if abs(macro - micro) > 0.1:
        side = 1 if macro > micro else -1  # the macro mean is off by the mean of what each class is off
        off = {c.label: side * (f1 - micro) for c in f.classes if (f1 := c.metrics.number("f1")) >= 0}
        driver = max(off, key=lambda label: off[label])
        found.append(f"F1 is {macro:.3f} as the mean over classes (macro) and {micro:.3f} over all rows (micro). Class {driver!r} moves it most: F1 {micro + side * off[driver]:.3f} in {_rows(f, f.rows[driver])}.")  # fmt: skip
    tiny = sorted((n, label) for label, n in f.rows.items() if 0 < n < 10)
    if tiny and macro >= 0:
        classes = "A class of fewer than 10 rows counts" if len(tiny) == 1 else "Classes of fewer than 10 rows count"  # fmt: skip
        found.append(f"{classes} as much as any other in macro averages: {_with_rows(f, tiny)}.")
    return " ".join(found) or None


def _mostly_positive(f: Facts) -> str | None:
    negative, positive = f.support.values()
    if not positive + negative > 0 or not 2 / 3 < positive / (positive + negative) < 1:
        return None
    return f"The positive class {f.predictions.labels[1]!r} is {positive / (positive + negative):.1%} of the rows. Precision, recall and F1 are about it, not about the rarer class."


def _inverted(f: Facts) -> str | None:
    auc = f.metrics["roc_auc"]
    negative, positive = f.rows.values()
    if not auc < 0.45 or not 0.5 - auc > 1.96 * sqrt((positive + negative + 1) / (12 * positive * negative)):
        return None
    return f"ROC AUC is {auc:.3f}, below one half: positives score lower than negatives, so the positive class may be the other one."


# ------------------------------------------------------------------------------------------------ scores


def _ties(f: Facts) -> str | None:
    tally, cases = f.tally, f.cases
    if tally is None or not isinstance(cases, BinaryCases) or cases.score is None or _hard_share(f) > 0.9:
        return None
    block = tally.pos + tally.neg
    if not block.sum() > 0:
        return None
    at, largest = _largest_tie(tally, cases)
    different = tally.score.size
    tied = largest > 0.05 and np.count_nonzero(cases.score == at) >= _TIED_ROWS
    few = tally.exact and different < 50 and len(cases) >= 2 * different
    if not tied and not few:
        return None
    if not tally.exact:
        return f"{largest:.1%} of the rows share the score {at:g}: moving the threshold makes jumps."
    return (f"The scores take {different:,} different values and {largest:.1%} of the rows share the score {at:g}: "
            "moving the threshold makes jumps.")  # fmt: skip


def _largest_tie(tally: ScoreTally, cases: BinaryCases) -> tuple[float, float]:
    """Return the score that most rows share and their share; in bins only those that may hold 5 % are looked into."""
    share = (tally.pos + tally.neg) / (tally.n_pos + tally.n_neg)
    if tally.top is None:
        return float(tally.score[share.argmax()]), float(share.max())
    found = (float(tally.score[0]), 0.0)
    assert cases.score is not None  # there is a tally of scores
    for i in np.flatnonzero(share > 0.05):
        inside = (cases.score >= tally.score[i]) & (cases.score <= tally.top[i])
        score, place = np.unique(cases.score[inside], return_inverse=True)
        own = np.bincount(place, None if cases.weight is None else cases.weight[inside])
        found = max(found, (float(score[own.argmax()]), float(share[i] * own.max() / own.sum())), key=lambda tie: tie[1])  # fmt: skip
    return found


def _hard_share(f: Facts) -> float:
    """Share of the rows whose score is exactly 0 or 1, or beyond; 0 of few rows and of margins."""
    tally = f.tally
    if tally is None or tally.margin or len(f.cases) < _SCORED_ROWS:
        return 0.0
    block = tally.pos + tally.neg
    top = tally.score if tally.top is None else tally.top
    total = float(block.sum())
    return float(block[(top <= 0) | (tally.score >= 1)].sum()) / total if total else 0.0


def _hard_scores(f: Facts) -> str | None:
    share = _hard_share(f)
    if not share > 0.9 or f.tally is None or not f.tally.probability:
        return None
    of = "scores are" if f.task == "binary" else "rows give their class a probability of"
    return f"{share:.1%} of the {of} exactly 0 or 1: these are decisions, not probabilities, and calibration says nothing."


def _beyond_probabilities(f: Facts) -> str | None:
    share = _hard_share(f)
    if not share > 0.9 or f.tally is None or f.tally.probability:
        return None
    low, high = f.tally.score[[0, -1]].tolist()
    return f"The scores run from {low:g} to {high:g} and {share:.1%} of them are not between 0 and 1: only their order counts."


# ------------------------------------------------------------------------------------------------ rows


def _tiny_groups(f: Facts) -> str | None:
    wrong = f.metrics["error_rate"]
    floor = max(TINY_ROWS, TINY_ERRORS / wrong) if wrong > 0 else TINY_ROWS
    tiny = sorted((g.rows, f"{g.level.column} = {g.level.label}") for g in f.groups if g.rows < floor)
    if not tiny:
        return None
    have, errors = "has" if len(tiny) == 1 else "have", f", or fewer than {TINY_ERRORS} errors to expect at an error rate of {wrong:.1%}" if wrong > 0 else ""  # fmt: skip
    each = [
        f"{name} ({_plural(n, 'row')}{f', {n * wrong:.1f} errors' if wrong > 0 else ''})" for n, name in tiny
    ]
    return f"{len(tiny):,} of {_plural(len(f.groups), 'group')} {have} fewer than {TINY_ROWS} rows{errors}: {_first(each)}."


def _too_good(f: Facts) -> str | None:
    if _perfect(f) or not _enough(f):
        return None
    auc, accuracy = f.metrics.get("roc_auc", float("nan")), f.metrics["accuracy"]
    found = []
    if auc > TOO_GOOD:
        found.append(f"ROC AUC is {_below_one(auc)}")
    if accuracy > TOO_GOOD and f.majority < 0.9:
        found.append(
            f"accuracy is {_below_one(accuracy)} where the largest class has {f.majority:.1%} of the rows"
        )
    if not found:
        return None
    return f"{_capital(' and '.join(found))}. So good a model is rare: the answer may have leaked into what it learnt from."


def _perfect(f: Facts) -> str | None:
    if not _enough(f):
        return None
    if f.metrics.get("roc_auc", 0.0) > 1 - 1e-12:
        return "ROC AUC is 1: every positive row scores above every negative one."
    if f.metrics["accuracy"] == 1 and f.majority < 0.9:
        return f"Accuracy is 1: not one of {len(f.cases):,} rows is decided wrongly."
    return None


def _enough(f: Facts) -> bool:
    """Tell whether the largest class and all others together have rows enough for perfection to be odd.

    It is not when one of many classes is told from the rest: most classes are nothing like it.
    """
    largest = f.rows[f.largest]
    return not f.against_rest and min(largest, sum(f.rows.values()) - largest) >= VERY_FEW


def _given_away(f: Facts) -> str | None:
    leaks = leaks_of(f.predictions)
    if not leaks:
        return None
    each = [f"{leak.column!r} ({_below_one(leak.strength)})" for leak in leaks]
    tells = "One column tells" if len(leaks) == 1 else f"Each of {len(leaks)} columns tells"
    measure = "ROC AUC" if f.task == "binary" else "share guessed right"
    return f"{tells} the label without any model ({measure}): {_first(each)}."


def _repeated(f: Facts) -> str | None:
    found = repeats_of(f.predictions, f.model.name)
    n, said = len(f.predictions.cases[f.model.name]), []
    if found.ids:
        said.append(f"{found.ids:,} of {_looked_at(found.of_ids, n)} carry the id of an earlier row: {found.example!r} is in {found.times:,}.")  # fmt: skip
    if found.copies:
        said.append(f"{found.copies:,} of {_looked_at(found.of_rows, n)} ({percent(found.copies, found.of_rows)}) equal an earlier row in every column.")  # fmt: skip
    return " ".join(said) + " Intervals that count each row for itself are too narrow." if said else None


def _looked_at(n: int, every: int) -> str:
    """Say how many rows were looked at."""
    return _plural(n, "row") if n == every else f"{n:,} rows looked at"


def _unanswered(f: Facts) -> str | None:
    lacks = {
        why: n
        for why, n in f.cases.dropped.items()
        if n and why not in (LABEL_MISSING, WEIGHT_MISSING, HISTORY)
    }
    if not lacks:
        return None
    used = len(f.cases)
    every = used + sum(lacks.values())
    return f"{rows_of(used, every)} ({percent(used, every)}) have an answer that can be judged ({'; '.join(f'{why} in {n:,}' for why, n in lacks.items())}). The numbers hold for these only."


# ------------------------------------------------------------------------------------------------ words


def _first(names: Sequence[str], most: int = 3) -> str:
    """Join the first names and count the others."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest:,} other{'s' if rest > 1 else ''}" if rest > 0 else "")


def _rows(f: Facts, n: float) -> str:
    """Say a number of rows: with sampling weights as many as they are worth, which need not be a whole number."""
    number = f"{n:,.0f}" if n >= 1 else f"{n:.2g}"
    return f"{number} {'effective ' if f.sampled else ''}row{'' if number == '1' else 's'}"


def _plural(n: int, what: str) -> str:
    """Count things."""
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def _below_one(value: float) -> str:
    """Write a value near 1 so that it does not look like 1 unless it is."""
    return "1" if value >= 1 else f"{min(value, 0.9999):.4f}"


def _instead(f: Facts) -> str:
    """Say what other metrics say, as far as they are defined."""
    wanted = (("balanced_accuracy", "balanced accuracy", ".1%"), ("f1_macro", "macro F1", ".3f"), ("mcc", "Matthews correlation", ".3f"))  # fmt: skip
    said = [
        (label, f"{f.metrics[key]:{form}}")
        for key, label, form in wanted
        if not isnan(f.metrics.get(key, nan))
    ]
    if not said:
        return ""
    (label, value), *others = said
    return (
        f" {_capital(', '.join([f'{label} is {value}', *(f'{name} {number}' for name, number in others)]))}."
    )


def _capital(text: str) -> str:
    """Begin a sentence."""
    return text[0].upper() + text[1:]


RULES = (
    Rule("W1", "warning", "accuracy is not above the share of the largest class plus its margin of error", _no_better_than_majority,
         "Read balanced accuracy, Matthews correlation or average precision instead."),
    Rule("W1", "warning", "accuracy is not above the share of the largest class plus its margin of error", _no_better_than_majority,
         "Read balanced accuracy, Matthews correlation or macro F1 instead.", _MANY),
    Rule("W3", "warning", "the smaller class is under 20 % of the rows", _accuracy_under_imbalance,
         "Judge by precision and recall, Matthews correlation or average precision."),
    Rule("W3", "warning", "the largest class is over 80 % of the rows", _accuracy_under_imbalance,
         "Judge by balanced accuracy, Matthews correlation or macro F1.", _MANY),
    Rule("W2", "error", "fewer than 30 rows of a class", _very_few_of_a_class, "Bring more rows of that class before deciding.", _BOTH),
    Rule("W2", "note", "30 to 99 rows of a class", _few_of_a_class, "Read its rates with their intervals.", _BOTH),
    Rule("W5", "note", "a group of a breakdown has fewer than 30 rows, or fewer than 5 errors are to be expected in it",
         _tiny_groups, "Read these groups with their intervals, and do not rank groups by them.", _BOTH),
    Rule("W6", "note", "more than 5 % of the rows, and at least 5, share a score; or fewer than 50 different scores in twice as many rows", _ties,
         "Ask for scores with more digits, or choose among the thresholds there are."),
    Rule("W7", "warning", "over 90 % of the probabilities of at least 10 rows are exactly 0 or 1", _hard_scores,
         "Bring the probabilities the decisions were made from.", _BOTH),
    Rule("W7", "note", "scores of kind score, over 90 % of them not between 0 and 1", _beyond_probabilities,
         "If these are log-odds or percentages say so with --score-kind; calibration is then judged too."),
    Rule("W10", "warning", "30 rows of either class or more, and ROC AUC is 1, or accuracy is 1 and no class has 90 % of the rows", _perfect,
         "Look for the label among the model's inputs, and for rows it was trained on."),
    Rule("W10", "warning", "30 rows of the largest class and of all others or more, accuracy is 1 and no class has 90 % of the rows", _perfect,
         "Look for the label among the model's inputs, and for rows it was trained on.", _MANY),
    Rule("W10", "note", "the same rows, and ROC AUC above 0.995, or accuracy above 0.995", _too_good,
         "Make sure that none of these rows, and nothing known only afterwards, was in the training data."),
    Rule("W10", "note", "the same, and accuracy above 0.995", _too_good,
         "Make sure that none of these rows, and nothing known only afterwards, was in the training data.", _MANY),
    Rule("W10", "warning", "a single column has a ROC AUC above 0.98 against the label", _given_away, _LOOK_AT_IT),
    Rule("W10", "warning", "a single column guesses over 98 % of the labels right, and no class has 90 % of the rows", _given_away, _LOOK_AT_IT, _MANY),
    Rule("W11", "warning", "an id is in several rows of a model and no column says which rows belong together, or over 1 % of the rows "
         "(at least 10) equal an earlier row and not by chance", _repeated,
         "Take copies out, or name with --group the column that says which rows belong together.", _ALL),
    Rule("W15", "warning", "macro and micro F1 differ by more than 0.1, or a class has fewer than 10 rows", _averages_disagree,
         "Read the table of classes, and say which average you report.", _MANY),
    Rule("W20", "warning", "rows without a score, a prediction or a probability", _unanswered,
         "Find out why the others have none, and what happens to them in use.", _ALL),
    Rule("W23", "warning", "ROC AUC under 0.45, and below one half by more than its margin of error", _inverted,
         "Check which label is positive and what a high score means."),
    Rule("W23", "note", "the positive class is over two thirds of the rows", _mostly_positive,
         "If the other label is the one to find, name it with --pos-label."),
    *NUMBER_RULES,
    *FORECAST_RULES,
)  # fmt: skip
