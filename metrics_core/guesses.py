"""Roles guessed from names, values and relations of the columns, each with its reason.

Every column gets points for a role (``role_names`` for its name, ``evidence`` for the rest); the best one is taken, and
where two are equally good somebody is asked. ``docs/roles.md`` tells the rules to the reader.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from .errors import DataError, NeedsChoice, Option
from .evidence import MAX_GUESSED, RELATED, UNRELATED, Evidence, by_stem, measured
from .labels import SILENT_PAIRS, distinct_count, fold_case, read_labels, settled_names
from .role_names import (
    EVENT,
    MODEL_COLUMN_NAMES,
    OTHER_NAMES,
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
#: Models in rows judge the same rows: so nearly as many each, and so nearly the same share of each label.
_SAME_ROWS, _SAME_SHARE = 0.9, 0.05
#: Models of numbers share so much of the true values of the one that has fewer.
_MOST_SHARED = 0.5
#: Names of a date in one language and of anything in another.
_ALSO_DATA = frozenset({"data", "day", "jour"})


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

    def only(self, candidates: Sequence[str], role: str, what: str, *, all_of: bool = False) -> str:
        """Return the one candidate, or ask; columns of one pattern may all be meant."""
        if not candidates:
            raise DataError(f"No column of '{self.source.name}' looks like it {what.replace('column holds', 'holds')}. Name it with "
                            f"--{role.replace('_', '-')}; the columns are: {', '.join(map(repr, self.source.names[:12]))}.")  # fmt: skip
        if len(candidates) > 1:
            options = [Option(c) for c in candidates[:20]]
            if all_of and parts_that_differ(tuple(candidates)) and ALL not in self.source.names:
                options.append(Option(ALL, f"all {len(candidates)}, each of its own model"))
            raise NeedsChoice(role, f"Which {what} in '{self.source.name}'?", options)
        return candidates[0]


# ------------------------------------------------------------------------------------------------ task and truth


def guess_task(
    source: Source, y_true: str, answers: Mapping[str, str], known: Collection[str]
) -> tuple[str, str]:
    """Tell binary from multiclass by the labels, with the reason.

    Parameters
    ----------
    source : Source
    y_true : str
    answers : mapping of str to str
        To questions about labels.
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
    if 2 < n <= MAX_GUESSED and source.kind(y_true) != "time":
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
    fits = {
        c: p for c, p in named.items() if seen.like_classes(c) and (p > EVENT or len(seen.labels(c)) == 2)
    }
    if _is_coordinate(seen, "y", free):
        named, fits = ({c: p for c, p in of.items() if joined(c) != "y"} for of in (named, fits))
    unfit = {c: p for c, p in named.items() if c not in fits and p >= USUAL and seen.varies(c)}
    if (
        unfit and max(fits.values(), default=0.0) < WORD
    ):  # measurements by that name are no reason to take a flag
        fits = unfit
    note = ""
    if len(fits) > 1:
        fits, note = _borne_out(guess, fits, free)
    top = best(fits)
    if len(top) > 1:
        top, note = _related(guess, top, free)
    if top:
        column = guess.only(top, "y_true", what)
        guess.reasons["y_true"] = f"named {column!r}, {guess.different(column)}{note}"
        return column
    usual = [c for c in free if not sounds_predicted(c) and _two_usual_labels(guess, c)]
    cuts = [c for c in usual if any(is_score_name(s) and seen.is_cut(c, s) for s in free)]
    usual = [c for c in usual if c not in cuts] or usual
    if len(usual) > 1:
        usual, note = _related(guess, usual, free)
    if usual:
        column = guess.only(usual, "y_true", what)
        guess.reasons["y_true"] = (
            f"the only fitting column of two usual labels ({', '.join(seen.labels(column))}){note}"
        )
        return column
    column = guess.only(best(named), "y_true", what)
    guess.reasons["y_true"] = f"named {column!r}, {guess.different(column)}"
    return column


def _is_coordinate(seen: Evidence, name: str, free: Sequence[str]) -> bool:
    """Tell whether a column called y stands beside one called x and is no pair of labels."""
    found = {joined(c): c for c in free}
    return name in found and "x" in found and not seen.at_most(found[name], 2)


def _borne_out(
    guess: Guess, points: Mapping[str, float], free: Sequence[str]
) -> tuple[dict[str, float], str]:
    """Add points for labels that something in the table predicts, take some off for labels that nothing does."""
    seen = guess.seen
    decisions = [
        c for c in free if decision_points(c) > 0 and seen.at_most(c, MAX_GUESSED) and seen.labels(c)
    ]
    after, notes = {}, {}
    for column, p in points.items():
        sharing = [d for d in decisions if d != column and seen.share_labels(d, column)]
        within = [d for d in sharing if seen.within_labels(d, column)]
        by_class = _has_probabilities(guess, seen.labels(column), free)
        change = 1.0 if within or by_class else -1.0 if decisions and not sharing else 0.0
        if len(seen.labels(column)) > 2 and not sharing and not by_class:
            change = -2.0
        after[column] = p + change
        notes[column] = f", with the labels of {within[0]!r}" if within else ""
    top = best(after)
    changed = len(top) == 1 and top != best(points)
    return after, notes[top[0]] or ", and no column predicts the labels of the others" if changed else ""


def _has_probabilities(guess: Guess, labels: Sequence[str], free: Sequence[str]) -> bool:
    """Tell whether there is a column of fractions for each of some labels."""
    if len(labels) > len(free):
        return False
    stems = by_stem([c for c in free if guess.source.kind(c) == "number"], labels).values()
    return any(
        len(of) == len(labels) > 1 and all(guess.seen.fractions(c) for c in of.values()) for of in stems
    )


def _related(guess: Guess, candidates: Sequence[str], free: Sequence[str]) -> tuple[list[str], str]:
    """Of equally good columns of labels keep the one that goes with a prediction far beyond chance, if the others do not at all."""
    others = [
        c for c in free if c not in candidates and (decision_points(c) >= WORD or score_points(c) >= WORD)
    ]
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


# ------------------------------------------------------------------------------------------------ other roles


def guess_model_column(guess: Guess, y_true: str, free: Sequence[str], *, of_numbers: bool) -> str | None:
    """Find the column that says which model a row belongs to: every model judges about the same rows.

    Numbers are rarely the same by chance: there it is enough that models share most of their true values.
    """
    same = _same_numbers if of_numbers else _same_rows
    found = [c for c in model_columns(guess.source, guess.seen, free) if same(guess, c, y_true)]
    if len(found) != 1:
        return None
    guess.reasons["model_column"] = f"named {found[0]!r}, {guess.different(found[0])}"
    return found[0]


def model_columns(source: Source, seen: Evidence, free: Sequence[str]) -> list[str]:
    """List the columns that could by name and number of values tell models apart."""
    return [c for c in free if joined(c) in MODEL_COLUMN_NAMES and source.kind(c) == "text"
            and seen.at_most(c, MAX_MODELS) and seen.distinct(c) >= 2]  # fmt: skip


def _same_rows(guess: Guess, column: str, y_true: str) -> bool:
    """Tell whether the values of a column share the rows evenly, with the same share of each label."""
    part, label = read_labels(guess.seen.column(column)), read_labels(guess.seen.column(y_true))
    both = (part.code >= 0) & (label.code >= 0)
    k = len(label.names)
    counts = np.bincount(
        part.code[both].astype(np.int64) * k + label.code[both], minlength=len(part.names) * k
    )
    table = counts.reshape(len(part.names), k)
    rows = table.sum(axis=1)
    if rows.min() < _SAME_ROWS * rows.max():
        return False
    shares = table / rows[:, None]
    return bool((shares.max(axis=0) - shares.min(axis=0)).max(initial=0.0) <= _SAME_SHARE)


def _same_numbers(guess: Guess, column: str, y_true: str) -> bool:
    """Tell whether every other model has most of the true values of a model, or the other way round."""
    part = read_labels(guess.seen.column(column)).code
    truth = read_labels(guess.seen.column(y_true)).code
    values = [
        np.unique(truth[(part == model) & (truth >= 0)]) for model in range(int(part.max(initial=-1)) + 1)
    ]
    least = [min(a.size, b.size) for i, a in enumerate(values) for b in values[:i]]
    shared = [np.intersect1d(a, b).size for i, a in enumerate(values) for b in values[:i]]
    return all(n >= _MOST_SHARED * most > 0 for n, most in zip(shared, least, strict=True))


def guess_other(guess: Guess, role: str, free: Sequence[str], found: dict[str, str]) -> None:
    """Fill one of the plain roles when exactly one column carries its name or shape."""
    seen, source = guess.seen, guess.source
    free = [c for c in free if c not in found.values()]
    candidates, why = [c for c in free if joined(c) in OTHER_NAMES[role]], ""
    if role == "id" and not candidates:
        candidates = [c for c in free if "id" in words(c) and seen.each_row_differs(c)]
        candidates = candidates or [c for c in free if joined(c) in ROW_NUMBERS and seen.each_row_differs(c)]
        why = ", different in each row"
    if role == "time":
        candidates = [c for c in candidates if joined(c) not in _ALSO_DATA or source.kind(c) == "time"]
        if not candidates:
            candidates, why = [c for c in free if source.kind(c) == "time"], ", the only column of dates"
    if role == "group":  # few values are a slice: drawn again as groups of rows they would say nothing
        candidates = [c for c in candidates if seen.distinct(c) >= _MIN_GROUPS]
    if role == "amount":
        candidates = [c for c in candidates if source.kind(c) == "number" and seen.varies(c)]
    if len(candidates) == 1:
        found[role] = candidates[0]
        guess.reasons[role] = f"named {candidates[0]!r}{why}"


def guess_slices(guess: Guess, free: Sequence[str]) -> tuple[str, ...]:
    """Offer columns with few values first, then numbers that can be cut into ranges."""
    kinds = {c: guess.source.kind(c) for c in free}
    found: list[str] = []
    for name in free:
        if kinds[name] in ("text", "boolean") and guess.seen.varies(name) and guess.seen.at_most(name, _MAX_SLICE_VALUES):  # fmt: skip
            found.append(name)
        if len(found) == _MAX_SLICES:
            return tuple(found)
    for name in free:
        if kinds[name] == "number" and "id" not in words(name) and not sounds_predicted(name) and guess.seen.varies(name):  # fmt: skip
            found.append(name)
        if len(found) == _MAX_SLICES:
            break
    return tuple(found)


def best(points: Mapping[str, float]) -> list[str]:
    """Return the names of most points, above 0."""
    top = max(points.values(), default=0.0)
    return [n for n, p in points.items() if p == top and p > 0]
