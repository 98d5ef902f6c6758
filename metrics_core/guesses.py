"""Roles guessed from names and values of the columns, each with its reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from .errors import DataError, NeedsChoice, Option, did_you_mean
from .labels import SILENT_PAIRS, distinct_count, fold_case, read_labels
from .roles import Model
from .source import Source

#: How many columns are looked at for guesses; a wider table needs names for its roles.
COLUMNS_LOOKED_AT = 300
_MAX_SLICES = 20
#: A column called "group" says which rows belong together only when it has as many values as this.
_MIN_GROUPS = 20
#: Values of a column that names the model of each row.
MAX_MODELS = 50
_MODEL_COLUMN = {"model", "model_name", "model_id", "classifier", "algorithm"}

_TRUE_EXACT = {"y_true", "ytrue", "true", "truth", "label", "labels", "target", "ground_truth", "groundtruth", "gt",
               "actual", "y", "class", "true_label", "true_class", "outcome", "gold"}  # fmt: skip
_TRUE_TOKENS = {"true", "label", "target", "truth", "actual", "outcome", "gold", "observed"}
_SCORE_EXACT = {"y_score", "yscore", "score", "scores", "y_prob", "y_proba", "prob", "proba", "probability", "p",
                "p_hat", "phat", "pred_proba", "pred_prob", "y_pred_proba", "predicted_probability", "predict_proba"}  # fmt: skip
_SCORE_TOKENS = {"score", "prob", "proba", "probability", "likelihood", "risk", "propensity", "confidence"}
_PRED_EXACT = {"y_pred", "ypred", "y_hat", "yhat", "pred", "preds", "prediction", "predictions", "predicted",
               "predicted_label", "predicted_class", "pred_label", "decision"}  # fmt: skip
_PRED_TOKENS = {"pred", "predicted", "prediction", "decision", "yhat"}
OTHER_NAMES: Mapping[str, frozenset[str]] = {
    "id": frozenset({"id", "row_id", "rowid", "uuid", "guid", "index", "key"}),
    "group": frozenset({"group", "groups", "group_id"}),
    "split": frozenset({"split", "subset", "partition", "set"}),
    "fold": frozenset({"fold", "cv_fold", "fold_id"}),
    "time": frozenset({"time", "timestamp", "date", "datetime", "event_time", "created_at"}),
    "amount": frozenset({"amount", "amount_eur", "amount_usd", "transaction_amount"}),
}
#: More different labels than this are hardly classes; somebody must say so.
_MAX_GUESSED = 1000
#: Whole numbers with more values than the first are measured when they are far apart, with more than the second always.
_FEW_NUMBERS, _MAX_NUMBERS = 20, 100


def guess_task(source: Source, y_true: str) -> tuple[str, str]:
    """Tell binary from multiclass by the labels, with the reason.

    Raises
    ------
    DataError
        If the column holds measurements or names of rows, not labels.
    """
    column = source.column(y_true)
    n = distinct_count(column)
    if n <= 2:
        return "binary", f"{y_true!r} has {n} different value{'' if n == 1 else 's'}"
    n = len(fold_case(read_labels(column)).names)
    if n <= 2:
        return "binary", f"{y_true!r} has {n} different labels"
    numeric = source.kind(y_true) == "number"
    if source.kind(y_true) == "time" or n > _MAX_GUESSED or (numeric and _measured(_numbers(column))):
        raise DataError(
            f"Column {y_true!r} has {n:,} different values, which look like {'measurements' if numeric else 'names of rows'}, "
            "not labels of classes. Name the column of labels with --y-true, or say --task multiclass if these are classes."
        )
    return "multiclass", f"{y_true!r} has {n:,} different labels"


def columns_of_prefix(source: Source, prefix: str) -> tuple[tuple[str, str], ...]:
    """List (class, column) of the columns whose names start with a prefix.

    Raises
    ------
    DataError
        If there is none.
    """
    found = tuple((name[len(prefix) :], name) for name in source.names if name.startswith(prefix) and len(name) > len(prefix))  # fmt: skip
    if not found:
        raise DataError(f"No column of '{source.name}' starts with {prefix!r}. {did_you_mean(prefix, source.names)}")  # fmt: skip
    return found


def guess_prefix(source: Source, labels: Sequence[str], free: Sequence[str]) -> tuple[str, str] | None:
    """Find the prefix under which every label has a column of numbers; say why, or ask when there are several.

    Returns
    -------
    (prefix, reason), or None when there is no such prefix.
    """
    found: dict[str, set[str]] = {}
    for name in free:
        if source.kind(name) == "number":
            for label in labels:
                if name.endswith(label) and len(name) > len(label):
                    found.setdefault(name[: -len(label)], set()).add(label)
    whole = sorted(prefix for prefix, has in found.items() if has >= set(labels))
    if not whole:
        return None
    if len(whole) > 1:
        raise NeedsChoice("proba_prefix", f"Columns of probabilities start with several prefixes in '{source.name}'. Which belong to the model?", [Option(p) for p in whole[:20]])  # fmt: skip
    return whole[0], f"a column {whole[0]!r} + label for each of the {len(labels):,} labels"


def named_columns(source: Source, proba: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Check the columns that somebody named for the classes."""
    for column in proba.values():
        source.kind(column)
    return tuple((str(label), column) for label, column in proba.items())


def _measured(values: Sequence[float]) -> bool:
    """Tell numbers that measure or count something from numbers that name classes."""
    if not all(float(v).is_integer() for v in values):
        return True
    apart = max(values) - min(values) > 10 * len(values)
    return len(values) > _MAX_NUMBERS or (len(values) > _FEW_NUMBERS and apart)


def _numbers(column: pa.ChunkedArray) -> list[float]:
    """The different numbers of a column."""
    return [v for v in column.unique().to_pylist() if v is not None and v == v]


def guess_decision(source: Source, free: Sequence[str], n_labels: int, reasons: dict[str, str]) -> str | None:  # fmt: skip
    """Find the column of predicted labels."""
    enough = max(20, 2 * n_labels)

    def rank(name: str) -> float:
        by_name = 3.0 if _plain(name) in _PRED_EXACT else 2.0 if _words(name) & _PRED_TOKENS else 0.0
        return by_name if by_name and distinct_count(source.column(name)) <= enough else 0.0

    decisions = _best(free, rank)
    if not decisions:
        return None
    column = _only(source, decisions, "y_pred", "column holds the predicted labels")
    reasons["y_pred"] = f"named {column!r}, {_different(source, column)}"
    return column


def guess_model_column(source: Source, free: Sequence[str], reasons: dict[str, str]) -> str | None:
    """Find the column that says which model a row belongs to."""
    found = [c for c in free if _plain(c) in _MODEL_COLUMN and source.kind(c) == "text"
             and 2 <= distinct_count(source.column(c)) <= MAX_MODELS]  # fmt: skip
    if len(found) != 1:
        return None
    reasons["model_column"] = f"named {found[0]!r}, {_different(source, found[0])}"
    return found[0]


def guess_truth(source: Source, free: Sequence[str], reasons: dict[str, str]) -> str:
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


def guess_model(source: Source, free: Sequence[str], reasons: dict[str, str]) -> Model:
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

    y_pred = guess_decision(source, [c for c in free if c != y_score], 2, reasons)
    if y_score is None and y_pred is None:
        raise DataError(f"No column of '{source.name}' looks like a score or a predicted label. Name it with --y-score or "
                        f"--y-pred; the columns are: {', '.join(map(repr, source.names[:12]))}.")  # fmt: skip
    if y_score:
        low, high = _span(source, y_score)
        reasons["y_score"] = f"named {y_score!r}, numbers from {low:.4g} to {high:.4g}"
    return Model(name=y_score or y_pred or "", y_score=y_score, y_pred=y_pred)


def guess_other(source: Source, role: str, names: frozenset[str], free: Sequence[str], found: dict[str, str],
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


def guess_slices(source: Source, free: Sequence[str]) -> tuple[str, ...]:
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
