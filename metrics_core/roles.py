"""Which column is what: guessed from names and values with a reason, until somebody says it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from .errors import DataError, NeedsChoice, Option
from .labels import SILENT_PAIRS, distinct_count
from .source import Source

#: How many columns are looked at for guesses; a wider table needs names for its roles.
_COLUMNS_LOOKED_AT = 300
_MAX_SLICES = 20
#: The reason of a role that was not guessed.
NAMED = "named by you"
#: A column called "group" says which rows belong together only when it has as many values as this.
_MIN_GROUPS = 20

_TRUE_EXACT = {"y_true", "ytrue", "true", "truth", "label", "labels", "target", "ground_truth", "groundtruth", "gt",
               "actual", "y", "class", "true_label", "true_class", "outcome", "gold"}  # fmt: skip
_TRUE_TOKENS = {"true", "label", "target", "truth", "actual", "outcome", "gold", "observed"}
_SCORE_EXACT = {"y_score", "yscore", "score", "scores", "y_prob", "y_proba", "prob", "proba", "probability", "p",
                "p_hat", "phat", "pred_proba", "pred_prob", "y_pred_proba", "predicted_probability", "predict_proba"}  # fmt: skip
_SCORE_TOKENS = {"score", "prob", "proba", "probability", "likelihood", "risk", "propensity", "confidence"}
_PRED_EXACT = {"y_pred", "ypred", "y_hat", "yhat", "pred", "preds", "prediction", "predictions", "predicted",
               "predicted_label", "predicted_class", "pred_label", "decision"}  # fmt: skip
_PRED_TOKENS = {"pred", "predicted", "prediction", "decision", "yhat"}
_OTHER_EXACT: Mapping[str, frozenset[str]] = {
    "id": frozenset({"id", "row_id", "rowid", "uuid", "guid", "index", "key"}),
    "group": frozenset({"group", "groups", "group_id"}),
    "split": frozenset({"split", "subset", "partition", "set"}),
    "fold": frozenset({"fold", "cv_fold", "fold_id"}),
    "time": frozenset({"time", "timestamp", "date", "datetime", "event_time", "created_at"}),
    "amount": frozenset({"amount", "amount_eur", "amount_usd", "transaction_amount"}),
}


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model's columns: a score, a decision, or both."""

    name: str
    y_score: str | None = None
    y_pred: str | None = None


@dataclass(frozen=True, kw_only=True)
class Roles:
    """What each column of the table is used for.

    Attributes
    ----------
    y_true : str
    models : tuple of Model
    pos_label : str, optional
        Known once the labels were read.
    score_kind : str
        ``probability``, ``percent``, ``logit``, ``margin`` or ``score`` (any number: only its order counts).
    weight_kind : str
        ``sampling`` or ``frequency`` (the row stands for that many).
    id, weight, group, split, fold, time, amount : str, optional
    slices : tuple of str
        Columns offered to break the numbers down by.
    """

    y_true: str
    models: tuple[Model, ...]
    task: str = "binary"
    pos_label: str | None = None
    score_kind: str = "probability"
    id: str | None = None
    weight: str | None = None
    weight_kind: str = "sampling"
    group: str | None = None
    split: str | None = None
    fold: str | None = None
    time: str | None = None
    amount: str | None = None
    slices: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the roles that are filled, as they stand in the JSON contract."""
        out: dict[str, Any] = {"y_true": self.y_true}
        for role in ("y_score", "y_pred"):
            columns = {m.name: getattr(m, role) for m in self.models if getattr(m, role)}
            if columns:
                out[role] = next(iter(columns.values())) if len(self.models) == 1 else columns
        for role in ("id", "weight", "group", "split", "fold", "time", "amount"):
            if getattr(self, role):
                out[role] = getattr(self, role)
        if self.weight:
            out["weight_kind"] = self.weight_kind
        return out | {"score_kind": self.score_kind, "slices": list(self.slices)}


@dataclass(frozen=True, kw_only=True)
class Named:
    """The roles somebody named; the rest is guessed. ``y_score`` and ``y_pred`` map a model's name to its column."""

    y_true: str | None = None
    y_score: Mapping[str, str] = field(default_factory=dict)
    y_pred: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)
    slices: tuple[str, ...] = ()


def assign(source: Source, named: Named) -> tuple[Roles, dict[str, str]]:
    """Give every role its column.

    Parameters
    ----------
    source : Source
    named : Named

    Returns
    -------
    roles : Roles
    reasons : dict of str
        For each role, why its column was taken.

    Raises
    ------
    DataError
        If a named column does not exist or no column can be the label or the prediction.
    NeedsChoice
        If several columns are equally good.
    """
    looked_at = [c.name for c in source.columns[:_COLUMNS_LOOKED_AT]]
    for column in (
        named.y_true,
        *named.y_score.values(),
        *named.y_pred.values(),
        *named.others.values(),
        *named.slices,
    ):
        if column is not None:
            source.kind(column)
    if named.y_true in {*named.y_score.values(), *named.y_pred.values()}:
        raise DataError(
            f"Column {named.y_true!r} is named both as the truth and as the prediction. Name another one."
        )
    reasons: dict[str, str] = {}
    free = [c for c in looked_at if c not in {named.y_true, *named.y_score.values(), *named.y_pred.values()}]
    y_true = named.y_true or _guess_truth(source, free, reasons)
    free = [c for c in free if c != y_true]
    models = _named_models(named) if named.y_score or named.y_pred else (_guess_model(source, free, reasons),)
    taken = {y_true, *(m.y_score for m in models), *(m.y_pred for m in models)}
    others = dict(named.others)
    for role, names in _OTHER_EXACT.items():
        if role not in others:
            _guess_other(source, role, names, [c for c in looked_at if c not in taken], others, reasons)
    taken |= set(others.values())
    slices = named.slices or _guess_slices(source, [c for c in looked_at if c not in taken])
    for role, column in (("y_true", named.y_true), *named.others.items()):
        if column:
            reasons[role] = NAMED
    return Roles(y_true=y_true, models=models, slices=slices, **others), reasons


def _named_models(named: Named) -> tuple[Model, ...]:
    """Pair scores and decisions of the same name; one of each belong together unless both carry names of their own."""
    if len(named.y_score) == len(named.y_pred) == 1:
        (score, y_score), (decision, y_pred) = *named.y_score.items(), *named.y_pred.items()
        if score == y_score or decision == y_pred:  # a column's own name is no name for its model
            return (
                Model(
                    name=score if score != y_score or decision == y_pred else decision,
                    y_score=y_score,
                    y_pred=y_pred,
                ),
            )
    names = dict.fromkeys([*named.y_score, *named.y_pred])
    return tuple(Model(name=n, y_score=named.y_score.get(n), y_pred=named.y_pred.get(n)) for n in names)


def _guess_truth(source: Source, free: Sequence[str], reasons: dict[str, str]) -> str:
    """Find the column of true labels."""

    def rank(name: str) -> float:
        words = _words(name)
        if words & _PRED_TOKENS or words & _SCORE_TOKENS:
            return 0.0
        by_name = 3.0 if _plain(name) in _TRUE_EXACT else 2.0 if words & _TRUE_TOKENS else 0.0
        if not by_name and words & {"is", "has"}:
            by_name = 1.0
        few = by_name > 0 and distinct_count(source.column(name)) <= 2
        return by_name + (0.5 if few else 0.0) if by_name != 1.0 or few else 0.0

    best = _best(free, rank)
    if not best:
        best = [c for c in free if source.kind(c) in ("number", "boolean", "text") and _two_known_labels(source, c)
                and not _words(c) & (_PRED_TOKENS | _SCORE_TOKENS)]  # fmt: skip
    column = _only(source, best, "y_true", "column holds the true labels")
    reasons["y_true"] = f"named {column!r}, {_different(source, column)}"
    return column


def _guess_model(source: Source, free: Sequence[str], reasons: dict[str, str]) -> Model:
    """Find a score and a decision; one of them is enough."""

    def score_rank(name: str) -> float:
        if source.kind(name) != "number":
            return 3.0 if _plain(name) in _SCORE_EXACT else 0.0
        exact, words = _plain(name) in _SCORE_EXACT, _words(name)
        by_name = 3.0 if exact else 2.0 if words & _SCORE_TOKENS else 1.0 if words & _PRED_TOKENS else 0.0
        if by_name == 1.0 and pa.types.is_integer(source.column(name).type):
            return 0.0  # a prediction in whole numbers is a label
        if not by_name or distinct_count(source.column(name)) <= 2:
            return 3.0 if exact else 0.0
        low, high = _span(source, name)
        return by_name + (0.5 if low >= 0 and high <= 1 else 0.0)

    scores = _best(free, score_rank)
    if not scores:
        scores = [c for c in free if source.kind(c) == "number" and _looks_like_probability(source, c)]
    y_score = _only(source, scores, "y_score", "column holds the scores") if scores else None

    def pred_rank(name: str) -> float:
        by_name = 3.0 if _plain(name) in _PRED_EXACT else 2.0 if _words(name) & _PRED_TOKENS else 0.0
        return by_name if by_name and distinct_count(source.column(name)) <= 20 else 0.0

    decisions = _best([c for c in free if c != y_score], pred_rank)
    y_pred = _only(source, decisions, "y_pred", "column holds the predicted labels") if decisions else None
    if y_score is None and y_pred is None:
        raise DataError(f"No column of '{source.name}' looks like a score or a predicted label. Name it with --y-score or "
                        f"--y-pred; the columns are: {', '.join(map(repr, source.names[:12]))}.")  # fmt: skip
    if y_score:
        low, high = _span(source, y_score)
        reasons["y_score"] = f"named {y_score!r}, numbers from {low:.4g} to {high:.4g}"
    if y_pred:
        reasons["y_pred"] = f"named {y_pred!r}, {_different(source, y_pred)}"
    return Model(name=y_score or y_pred or "", y_score=y_score, y_pred=y_pred)


def _guess_other(source: Source, role: str, names: frozenset[str], free: Sequence[str], found: dict[str, str],
                 reasons: dict[str, str]) -> None:  # fmt: skip
    """Fill one of the plain roles when exactly one column carries its name or shape."""
    candidates = [c for c in free if c not in found.values() and _plain(c) in names]
    if role == "id" and not candidates:
        candidates = [
            c for c in free if "id" in _words(c) and distinct_count(source.column(c)) == source.n_rows
        ]
    if role == "time" and not candidates:
        candidates = [c for c in free if c not in found.values() and source.kind(c) == "time"]
    if role == "group":  # few values are a slice: drawn again as groups of rows they would say nothing
        candidates = [c for c in candidates if distinct_count(source.column(c)) >= _MIN_GROUPS]
    if role == "amount":
        candidates = [c for c in candidates if source.kind(c) == "number"]
    if len(candidates) == 1:
        found[role] = candidates[0]
        reasons[role] = f"named {candidates[0]!r}"


def _guess_slices(source: Source, free: Sequence[str]) -> tuple[str, ...]:
    """Offer columns with few values first, then numbers that can be cut into ranges."""
    words, numbers = [], []
    for name in free:
        kind = source.kind(name)
        if kind in ("text", "boolean") and 2 <= distinct_count(source.column(name)) <= 60:
            words.append(name)
        elif (
            kind == "number"
            and not _words(name) & ({"id"} | _SCORE_TOKENS | _PRED_TOKENS)
            and distinct_count(source.column(name)) >= 2
        ):
            numbers.append(name)
    return tuple([*words, *numbers][:_MAX_SLICES])


def _best(names: Sequence[str], rank: Callable[[str], float]) -> list[str]:
    """Return the names of the highest rank above 0."""
    ranks = {n: rank(n) for n in names}
    top = max(ranks.values(), default=0.0)
    return [n for n, r in ranks.items() if r == top and r > 0]


def _only(source: Source, candidates: Sequence[str], role: str, what: str) -> str:
    """Return the one candidate, or ask."""
    if not candidates:
        raise DataError(f"No column of '{source.name}' looks like it {what.replace('column holds', 'holds')}. Name it with "
                        f"--{role.replace('_', '-')}; the columns are: {', '.join(map(repr, source.names[:12]))}.")  # fmt: skip
    if len(candidates) > 1:
        raise NeedsChoice(role, f"Which {what} in '{source.name}'?", [Option(c) for c in candidates[:20]])
    return candidates[0]


def _plain(name: str) -> str:
    """Fold a column name: case, blanks, dots and dashes do not matter."""
    return re.sub(r"[\s.\-]+", "_", name.strip()).lower()


def _words(name: str) -> set[str]:
    """Split a column name into lower-case words, also at CamelCase."""
    return set(
        re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
        .lower()
        .replace("-", "_")
        .replace(".", "_")
        .replace(" ", "_")
        .split("_")
    )


def _span(source: Source, name: str) -> tuple[float, float]:
    """Return the least and the greatest number of a column (NaN when there is none)."""
    if source.kind(name) != "number":
        return float("nan"), float("nan")
    both = pc.min_max(source.column(name)).as_py()
    return tuple(float("nan") if both[k] is None else float(both[k]) for k in ("min", "max"))  # type: ignore[return-value]  # always two


def _looks_like_probability(source: Source, name: str) -> bool:
    """Tell a nameless column of fractions in [0, 1]."""
    low, high = _span(source, name)
    return low >= 0 and high <= 1 and distinct_count(source.column(name)) > 20


def _two_known_labels(source: Source, name: str) -> bool:
    """Tell a column that holds exactly one of the pairs read without asking."""
    column = source.column(name)
    if distinct_count(column) != 2:
        return False
    values = {str(v).lower().removesuffix(".0") for v in pc.unique(column).to_pylist() if v is not None}
    return any(values == set(pair) for pair in SILENT_PAIRS)


def _different(source: Source, column: str) -> str:
    """Say how many values a column takes."""
    n = distinct_count(source.column(column))
    return f"{n:,} different value{'' if n == 1 else 's'}"
