"""Roles guessed from names, values and relations of the columns, each with its reason.

Every column gets points for a role (``role_names`` for its name, ``evidence`` for the rest); the best one is taken, and
where two are equally good somebody is asked. ``docs/roles.md`` tells the rules to the reader.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import nan

import pyarrow as pa

from .errors import DataError, NeedsChoice, Option, did_you_mean
from .evidence import MAX_GUESSED, RELATED, UNRELATED, Evidence, by_stem, measured
from .labels import SILENT_PAIRS, distinct_count, fold_case, read_labels, settled_names
from .role_names import (
    EVENT,
    MODEL_COLUMN_NAMES,
    OTHER_NAMES,
    PLAIN,
    ROW_NUMBERS,
    USUAL,
    WORD,
    decision_points,
    is_score_name,
    joined,
    parts_that_differ,
    score_points,
    sounds_predicted,
    truth_points,
    words,
)
from .roles import Model
from .source import Source

#: How many columns are looked at for guesses; a wider table needs names for its roles.
COLUMNS_LOOKED_AT = 300
#: The answer "all of them" where several columns of one pattern are equally good.
ALL = "*"
_MAX_SLICES, _MAX_SLICE_VALUES = 20, 60
#: A column called "group" says which rows belong together only when it has as many values as this.
_MIN_GROUPS = 20
#: Values of a column that names the model of each row.
MAX_MODELS = 50
#: Scores of fewer rows do not show that they are the confidence in a decision.
_CONFIDENT_ROWS = 20
#: A prediction may name classes that are not true anywhere: so many values at least, or so many times the true ones.
_FEW_DECISIONS, _TIMES_LABELS = 20, 2


@dataclass(frozen=True, eq=False)
class Guess:
    """What is looked at while the roles of one table are guessed.

    Attributes
    ----------
    source : Source
    seen : Evidence
    reasons : dict of str
        Filled on the way: for each role, why its column was taken.
    """

    source: Source
    seen: Evidence
    reasons: dict[str, str] = field(default_factory=dict)

    def different(self, column: str) -> str:
        """Say how many values a column takes."""
        n = self.seen.distinct(column)
        return f"{n:,} different value{'' if n == 1 else 's'}"

    def only(self, candidates: Sequence[str], role: str, what: str, *, all_of: str = "") -> str:
        """Return the one candidate, or ask; columns of one pattern may all be meant."""
        if not candidates:
            raise DataError(f"No column of '{self.source.name}' looks like it {what.replace('column holds', 'holds')}. Name it with "
                            f"--{role.replace('_', '-')}; the columns are: {', '.join(map(repr, self.source.names[:12]))}.")  # fmt: skip
        if len(candidates) > 1:
            options = [Option(c) for c in candidates[:20]]
            if all_of and parts_that_differ(tuple(candidates)) and ALL not in self.source.names:
                options.append(Option(ALL, all_of))
            raise NeedsChoice(role, f"Which {what} in '{self.source.name}'?", options)
        return candidates[0]


# ------------------------------------------------------------------------------------------------ task and truth


def guess_task(
    source: Source, y_true: str, answers: Mapping[str, str] | None = None, known: Collection[str] = ()
) -> tuple[str, str]:
    """Tell binary from multiclass by the labels, with the reason.

    Parameters
    ----------
    source : Source
    y_true : str
    answers : mapping of str to str, optional
        To questions about labels; without it none is asked and every text is a label.
    known : collection of str
        Labels that predictions or columns of probabilities bear out.

    Raises
    ------
    DataError
        If the column holds measurements or names of rows, not labels.
    NeedsChoice
        If it depends on an answer how many labels there are.
    """
    column = source.column(y_true)
    n = distinct_count(column)
    if n <= 2:
        return "binary", f"{y_true!r} has {n} different value{'' if n == 1 else 's'}"
    n = len(fold_case(read_labels(column)).names)
    if 2 < n <= MAX_GUESSED and answers is not None and source.kind(y_true) != "time":
        n = len(settled_names(column, y_true, answers, known))
    if n <= 2:
        return "binary", f"{y_true!r} has {n} different labels"
    numeric = source.kind(y_true) == "number"
    different = [v for v in column.unique().to_pylist() if v is not None and v == v] if numeric else []
    if source.kind(y_true) == "time" or n > MAX_GUESSED or (numeric and measured(different)):
        raise DataError(
            f"Column {y_true!r} has {n:,} different values, which look like {'measurements' if numeric else 'names of rows'}, "
            "not labels of classes. Name the column of labels with --y-true, or say --task multiclass if these are classes."
        )
    return "multiclass", f"{y_true!r} has {n:,} different labels"


def guess_truth(guess: Guess, free: Sequence[str]) -> str:
    """Find the column of true labels: a fitting one by name, else the only one whose labels everybody reads the same way."""
    seen, what = guess.seen, "column holds the true labels"
    named = {c: p for c in free if (p := truth_points(c)) > 0 and guess.source.kind(c) in ("number", "boolean", "text", "time")}  # fmt: skip
    fits = {c: p for c, p in named.items() if seen.like_classes(c) and (p > EVENT or len(seen.labels(c)) == 2)}
    if _is_coordinate(seen, "y", free):
        named, fits = ({c: p for c, p in of.items() if joined(c) != "y"} for of in (named, fits))
    unfit = {c: p for c, p in named.items() if c not in fits and p >= USUAL and seen.varies(c)}
    if unfit and max(fits.values(), default=0.0) < WORD:  # measurements by that name are no reason to take a flag
        fits = unfit
    note = ""
    if len(fits) > 1:
        fits, note = _borne_out(guess, fits, free)
    best = _best(fits)
    if len(best) > 1:
        best, note = _related(guess, best, free)
    if best:
        column = guess.only(best, "y_true", what)
        guess.reasons["y_true"] = f"named {column!r}, {guess.different(column)}{note}"
        return column
    usual = [c for c in free if not sounds_predicted(c) and _two_usual_labels(guess, c)]
    cuts = [c for c in usual if any(is_score_name(s) and seen.is_cut(c, s) for s in free)]
    usual = [c for c in usual if c not in cuts] or usual
    if len(usual) > 1:
        usual, note = _related(guess, usual, free)
    if usual:
        column = guess.only(usual, "y_true", what)
        guess.reasons["y_true"] = f"the only fitting column of two usual labels ({', '.join(seen.labels(column))}){note}"
        return column
    column = guess.only(_best(named), "y_true", what)
    guess.reasons["y_true"] = f"named {column!r}, {guess.different(column)}"
    return column


def _is_coordinate(seen: Evidence, name: str, free: Sequence[str]) -> bool:
    """Tell whether a column called y stands beside one called x and is no pair of labels."""
    found = {joined(c): c for c in free}
    return name in found and "x" in found and not seen.at_most(found[name], 2)


def _borne_out(guess: Guess, points: Mapping[str, float], free: Sequence[str]) -> tuple[dict[str, float], str]:
    """Add points for labels that something in the table predicts, take some off for labels that nothing does."""
    seen = guess.seen
    decisions = [c for c in free if decision_points(c) > 0 and seen.at_most(c, MAX_GUESSED) and seen.labels(c)]
    after, notes = {}, {}
    for column, p in points.items():
        sharing = [d for d in decisions if d != column and seen.share_labels(d, column)]
        within = [d for d in sharing if seen.within_labels(d, column)]
        by_class = bool(_whole_stems(guess, free, seen.labels(column)))
        change = 1.0 if within or by_class else -1.0 if decisions and not sharing else 0.0
        if len(seen.labels(column)) > 2 and not sharing and not by_class:
            change = -2.0
        after[column] = p + change
        notes[column] = f", with the labels of {within[0]!r}" if within else ""
    best = _best(after)
    changed = len(best) == 1 and best != _best(points)
    return after, notes[best[0]] or ", and no column predicts the labels of the others" if changed else ""


def _related(guess: Guess, candidates: Sequence[str], free: Sequence[str]) -> tuple[list[str], str]:
    """Of equally good columns of labels keep the one that goes with a prediction far beyond chance, if the others do not at all."""
    others = [c for c in free if c not in candidates and (decision_points(c) >= WORD or score_points(c) >= WORD)]
    for other in others[:3]:
        if guess.source.kind(other) != "number" and not guess.seen.labels(other):
            continue
        z = {c: guess.seen.relation(c, other) for c in candidates if guess.seen.labels(c)}
        close = [c for c in z if z[c] >= RELATED]
        if len(close) == 1 and all(v < UNRELATED for c, v in z.items() if c != close[0]) and len(z) == len(candidates):  # fmt: skip
            return close, f", the one that {other!r} goes with"
    return list(candidates), ""


def _two_usual_labels(guess: Guess, name: str) -> bool:
    """Tell a column that holds exactly one of the pairs read without asking."""
    if guess.source.kind(name) not in ("number", "boolean", "text") or not guess.seen.at_most(name, 4):
        return False
    return any(set(guess.seen.labels(name)) == set(pair) for pair in SILENT_PAIRS)


# ------------------------------------------------------------------------------------------------ scores and decisions


def guess_models(
    guess: Guess, y_true: str, free: Sequence[str], *, positive: Callable[[], str] | None, every: Collection[str] = ()
) -> tuple[Model, ...]:
    """Find scores and decisions of two classes; one of them is enough.

    Parameters
    ----------
    guess : Guess
    y_true : str
    free : sequence of str
        Columns without a role.
    positive : callable, optional
        Tells the positive label, or asks. Without it columns of both classes are equally good.
    every : collection of str
        Of ``y_score`` and ``y_pred``: roles of which all equally good columns are meant, each of its own model.

    Raises
    ------
    DataError
        If no column looks like either.
    NeedsChoice
        If several are equally good.
    """
    points, of_class = _score_candidates(guess, y_true, free, positive)
    scores = _best(points)
    if not scores:
        looks = [c for c in free if c not in of_class and guess.seen.fractions(c) and not guess.seen.at_most(c, 20)]
        scores = [c for c in looks if not set(words(c)) & {"rate", "ratio", "share"}] or looks
    scores = [c for c in scores if not is_confidence(guess.seen, c, free)]
    of_model = f"all {len(scores)}, each of its own model"
    if "y_score" in every and len(scores) > 1:
        return _paired(guess, y_true, scores, free)
    y_score = guess.only(scores, "y_score", "column holds the scores", all_of=of_model) if scores else None
    rest = [c for c in free if c != y_score and c not in of_class]
    decisions = decision_candidates(guess, y_true, rest, y_score)
    if "y_pred" in every and len(decisions) > 1:
        return _of_pattern(decisions, lambda c: Model(name=c, y_pred=c))
    y_pred = guess_decision(guess, y_true, decisions)
    if y_score is None and y_pred is None:
        of_others = [c for c in of_class if of_class[c] is not None]
        if of_others:
            raise DataError(f"Column {of_others[0]!r} of '{guess.source.name}' is by its name the probability of {of_class[of_others[0]]!r}, "
                            "which is not the positive label. Add the probability of the positive label, choose the other label with --pos-label, or name the column with --y-score if it is the score after all.")  # fmt: skip
        ask_by_values(guess, y_true, rest)
        raise DataError(f"No column of '{guess.source.name}' looks like a score or a predicted label. Name it with --y-score or "
                        f"--y-pred; the columns are: {', '.join(map(repr, guess.source.names[:12]))}.")  # fmt: skip
    if y_score:
        low, high = guess.seen.span(y_score)
        how = f"named {y_score!r}" if points else f"the only column of fractions, {y_score!r}"
        about = f", the probability of {points and of_class.get(y_score)!r}" if of_class.get(y_score) else ""
        guess.reasons["y_score"] = f"{how}{about}, numbers from {low:.4g} to {high:.4g}"
    return (Model(name=y_score or y_pred or "", y_score=y_score, y_pred=y_pred),)
