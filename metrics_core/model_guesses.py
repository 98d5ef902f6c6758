"""Scores, decisions and probabilities of the classes: guessed, with a reason, or asked about."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import pyarrow as pa

from .binary_columns import BinaryJudge
from .errors import DataError, NeedsChoice, Option
from .evidence import RELATED, UNRELATED, Evidence, by_stem, measured
from .guesses import Guess, best
from .labels import read_labels
from .probability_columns import columns_of_prefix, whole_prefixes
from .role_names import (
    USUAL,
    WORD,
    decision_points,
    folded,
    is_score_name,
    joined,
    parts_that_differ,
    score_points,
    truth_points,
    words,
)
from .roles import Model, Roles
from .source import Source

#: Scores of fewer rows do not show that they are the confidence in a decision.
_CONFIDENT_ROWS = 20
#: A prediction may name classes that are never true: so many values, or so many times those of the truth.
_FEW_DECISIONS, _TIMES_LABELS = 20, 2
#: Words of columns that hold one number for each class.
_OF_CLASS = frozenset({"class", "label"})


@dataclass(frozen=True, eq=False)
class Positive:
    """The positive label of a table of two classes: told, plain to everybody, or asked for."""

    source: Source
    y_true: str
    answers: Mapping[str, str]

    @cached_property
    def asked(self) -> str:
        """The positive label.

        Raises
        ------
        NeedsChoice
            If nobody said which it is.
        """
        answers = {id: answer for id, answer in self.answers.items() if not id.startswith("score_kind:")}
        roles = Roles(y_true=self.y_true, models=())
        return BinaryJudge(self.source, roles, pos_label=None, score_kind=None, answers=answers).positive

    @property
    def known(self) -> str | None:
        """The positive label when nobody has to be asked."""
        try:
            return self.asked
        except NeedsChoice:
            return None


@dataclass
class _Scores:
    """Columns that may hold the score.

    ``label_of`` is the class that a name speaks of, ``left_out`` holds columns of the other class.
    """

    points: dict[str, float] = field(default_factory=dict)
    label_of: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


def guess_models(
    guess: Guess, y_true: str, free: Sequence[str], positive: Positive, all_of: Collection[str] = ()
) -> tuple[Model, ...]:
    """Find scores and decisions of two classes; one of them is enough.

    Parameters
    ----------
    guess : Guess
    y_true : str
    free : sequence of str
        Columns without a role.
    positive : Positive
        Of columns of both classes it says which is the score.
    all_of : collection of str
        Of ``y_score`` and ``y_pred``: roles of which all equally good columns are meant, each of its own model.

    Raises
    ------
    DataError
        If no column looks like either.
    NeedsChoice
        If several are equally good.
    """
    found = _scores(guess, y_true, free, positive)
    named = [c for c in best(found.points) if not is_confidence(guess.seen, c, free, y_true)]
    scores = named or _nameless_scores(guess, free, found)
    if "y_score" in all_of and len(scores) > 1:
        return _each_its_model(guess, y_true, scores, free)
    numbers = all(guess.source.kind(c) == "number" for c in scores)
    classes = len(scores) == 2 and numbers and guess.seen.add_up(*scores)  # two classes are not two models
    y_score = guess.only(scores, "y_score", "column holds the scores", all_of=not classes) if scores else None
    rest = [c for c in free if c != y_score and c not in found.left_out]
    decisions = decision_candidates(guess, y_true, rest, y_score)
    if "y_pred" in all_of and len(decisions) > 1:
        return decided_models(decisions)
    y_pred = guess_decision(guess, y_true, decisions)
    if y_score is None and y_pred is None:
        _refuse(guess, y_true, rest, found.left_out)
    if y_score:
        low, high = guess.seen.span(y_score)
        how = f"named {y_score!r}" if named else "the only column of fractions"
        about = f", the probability of {found.label_of[y_score]!r}" if y_score in found.label_of else ""
        guess.reasons["y_score"] = f"{how}{about}, numbers from {low:.4g} to {high:.4g}"
    return (Model(name=y_score or y_pred or "", y_score=y_score, y_pred=y_pred),)


def _refuse(guess: Guess, y_true: str, free: Sequence[str], left_out: Mapping[str, str]) -> None:
    """Say that there is neither a score nor a decision, or ask when values look like a decision."""
    if left_out:
        column, label = next(iter(left_out.items()))
        raise DataError(f"Column {column!r} of '{guess.source.name}' is by its name the probability of {label!r}, which is not the positive label. "
                        "Add a column of the other probability, make this label the positive one with --pos-label, or name the column with --y-score if the name misleads.")  # fmt: skip
    ask_by_values(guess, y_true, free)
    raise DataError(f"No column of '{guess.source.name}' looks like a score or a predicted label. Name it with --y-score or "
                    f"--y-pred; the columns are: {', '.join(map(repr, guess.source.names[:12]))}.")  # fmt: skip


def _scores(guess: Guess, y_true: str, free: Sequence[str], positive: Positive) -> _Scores:
    """Give points to every column that may hold the score of the positive label."""
    found = _Scores({c: p for c in free if (p := _score_points(guess, c)) > 0})
    numeric = [c for c in free if guess.source.kind(c) == "number"]
    labels = guess.seen.labels(y_true)
    spelled = {label.lower(): label for label in read_names(guess, y_true)}
    if not 2 <= len(labels) <= 10:
        return found
    for stem, members in by_stem(numeric, labels).items():
        if stem and not (score_points(stem) or decision_points(stem) or joined(stem) in _OF_CLASS):
            continue
        pair = tuple(members.values()) if len(members) == 2 else ()
        whole = bool(pair) and guess.seen.add_up(*pair)
        if not whole and (pair or not stem or _numbered(stem, members, numeric)):
            continue
        if whole:
            points = max(max(score_points(c) for c in (stem, *pair)), WORD) + 0.5
            found.points |= dict.fromkeys(pair, points)
        wanted = positive.asked if whole else positive.known
        for label, column in members.items():
            if wanted is None or label == wanted.lower():
                found.label_of[column] = spelled[label]
            else:
                found.left_out[column] = spelled[label]
                found.points.pop(column, None)
    return found


def predicted_labels(guess: Guess, y_true: str, free: Sequence[str]) -> frozenset[str]:
    """List the labels that decisions or columns of probabilities bear out, as the truth writes them."""
    seen = guess.seen
    told = {label for c in decision_candidates(guess, y_true, free) for label in seen.labels(c)}
    labels = seen.labels(y_true)
    for prefix in ("", *whole_prefixes(guess.source, labels[:2], free)):
        told |= {label for label in labels if prefix + label in free}
    return frozenset(name for name in read_names(guess, y_true) if name.lower() in told)


def read_names(guess: Guess, column: str) -> tuple[str, ...]:
    """Return the labels of a column as they are written."""
    return read_labels(guess.seen.column(column)).names


def _numbered(stem: str, members: Mapping[str, str], names: Sequence[str]) -> bool:
    """Tell whether columns are numbered beyond the classes, so that the numbers are no classes."""
    own = {re.sub(r"\d+", "", folded(c)) for c in members.values() if re.search(r"\d", c)}
    return any(re.search(r"\d", c) and re.sub(r"\d+", "", folded(c)) in own for c in names if c not in members.values())  # fmt: skip


def _score_points(guess: Guess, name: str) -> float:
    """Grade how much a column looks like a score by its name and its values."""
    points, seen, kind = score_points(name), guess.seen, guess.source.kind(name)
    if not points:
        return 0.0
    exact = is_score_name(name)
    if kind == "text":
        if seen.lists_as_text(name):
            return 0.0
        return points if points >= WORD and seen.numbers_as_text(name) else 1.0 if exact else 0.0
    if kind != "number":
        return 1.0 if exact and kind == "boolean" else 0.0
    if seen.at_most(name, 2):
        return points if exact else 0.0
    if points < WORD and (pa.types.is_integer(seen.sample(name).type) or (seen.at_most(name, 100) and not measured(seen.different_numbers(name)))):  # fmt: skip
        return 0.0  # a prediction in whole numbers is a label
    return points + (0.5 if seen.fractions(name) else 0.0)


def _nameless_scores(guess: Guess, free: Sequence[str], found: _Scores) -> list[str]:
    """Find columns of fractions with many values, whatever they are called."""
    seen = guess.seen
    return [c for c in free if c not in found.left_out and c not in found.points and seen.fractions(c) and not seen.at_most(c, 20)]  # fmt: skip


def is_confidence(seen: Evidence, score: str, free: Sequence[str], y_true: str) -> bool:
    """Tell a score that is the confidence in the decision beside it: never below one half, whatever was decided."""
    if seen.source.kind(score) != "number" or seen.source.n_rows < _CONFIDENT_ROWS:
        return False
    low, high = seen.span(score)
    if not 0.5 <= low < high <= 1:
        return False
    decided = [c for c in free if c != score and (decision_points(c) > 0 or truth_points(c) >= USUAL)
               and len(seen.labels(c)) == 2 and seen.within_labels(c, y_true)]  # fmt: skip
    return any(not seen.is_cut(c, score) for c in decided)


def decision_candidates(guess: Guess, y_true: str, free: Sequence[str], y_score: str | None = None) -> list[str]:  # fmt: skip
    """List the best columns of predicted labels, all equally good."""
    seen = guess.seen
    enough = max(_FEW_DECISIONS, _TIMES_LABELS * len(seen.labels(y_true)))
    points = {}
    for column in free:
        p = decision_points(column)
        if not p or guess.source.kind(column) not in ("number", "boolean", "text") or not seen.at_most(column, enough) or _is_id(seen, column):  # fmt: skip
            continue
        shares = (
            1.0 if seen.within_labels(column, y_true) else 0.0 if seen.share_labels(column, y_true) else -1.0
        )
        points[column] = max(p + shares, 0.5)
    found = best(points)
    if len(found) > 1 and y_score:
        found = [c for c in found if seen.is_cut(c, y_score)] or found
    if len(found) > 1 and not parts_that_differ(tuple(found)):  # a model that is no good is a model
        z = {c: seen.relation(y_true, c) for c in found}
        close = [c for c in found if z[c] >= RELATED]
        if len(close) == 1 and all(z[c] < UNRELATED for c in found if c not in close):
            return close
    return found


def _is_id(seen: Evidence, column: str) -> bool:
    """Tell a column that is called an id and differs in each row."""
    return "id" in words(column) and seen.each_row_differs(column)


def guess_decision(guess: Guess, y_true: str, candidates: Sequence[str]) -> str | None:
    """Take the column of predicted labels, or ask; None when there is no candidate."""
    if not candidates:
        return None
    column = guess.only(candidates, "y_pred", "column holds the predicted labels", all_of=True)
    reason = f"named {column!r}, {guess.different(column)}"
    if guess.seen.share_labels(column, y_true):
        reason += f", equal to {y_true!r} in {100 * guess.seen.agreement(column, y_true):.1f} % of the rows"
    guess.reasons["y_pred"] = reason
    return column


def ask_by_values(guess: Guess, y_true: str, free: Sequence[str]) -> None:
    """Ask which column holds the predicted labels when none is called so but some go with the truth."""
    seen = guess.seen
    alike = [c for c in free if seen.like_classes(c) and set(seen.labels(c)) == set(seen.labels(y_true))]
    alike = [c for c in alike if seen.relation(y_true, c) >= RELATED]
    if alike:
        raise NeedsChoice("y_pred", f"No column of '{guess.source.name}' is called like a score or a predicted label. Which one holds the predicted labels?",
                          [Option(c, f"the labels of {y_true!r}, equal in {100 * seen.agreement(c, y_true):.1f} % of the rows") for c in alike[:20]])  # fmt: skip


def _each_its_model(guess: Guess, y_true: str, scores: Sequence[str], free: Sequence[str]) -> tuple[Model, ...]:  # fmt: skip
    """Make a model of each score, with its decision when every score has exactly one of the same name."""
    own = parts_that_differ(tuple(scores)) or tuple(s.strip("_-. ") for s in scores)
    decided = [
        c for c in free if decision_points(c) > 0 and c not in scores and guess.seen.within_labels(c, y_true)
    ]
    of_own = [[c for c in decided if set(words(o)) <= set(words(c))] for o in own]
    paired = all(len(c) == 1 for c in of_own) and len({c[0] for c in of_own}) == len(own)
    return tuple(
        Model(name=o, y_score=s, y_pred=d[0] if paired else None)
        for o, s, d in zip(own, scores, of_own, strict=True)
    )


def decided_models(decisions: Sequence[str]) -> tuple[Model, ...]:
    """Make a model of each column of decisions."""
    own = parts_that_differ(tuple(decisions)) or tuple(decisions)
    return tuple(Model(name=o, y_pred=d) for o, d in zip(own, decisions, strict=True))


def probable_models(guess: Guess, y_true: str, labels: Sequence[str], free: Sequence[str]) -> tuple[Model, ...]:  # fmt: skip
    """Make a model of each prefix of probabilities, with its decision when every one has exactly one of its name."""
    whole = whole_prefixes(guess.source, labels, free)
    if not whole:
        raise DataError(f"No prefix of '{guess.source.name}' has a column for every label of {y_true!r}. Name the columns with --proba.")  # fmt: skip
    proba = {p: columns_of_prefix(guess.source, p, labels, numbers_only=True) for p in whole}
    taken = {column for of_one in proba.values() for _, column in of_one}
    models = _each_its_model(guess, y_true, whole, [c for c in free if c not in taken])
    return tuple(Model(name=m.name, y_pred=m.y_pred, proba=proba[m.y_score or ""]) for m in models)
