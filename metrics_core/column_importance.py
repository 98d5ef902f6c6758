"""Which columns matter for where a model fails: how much worse errors can be predicted when a column is shuffled.

A second model predicts the loss of each row from the columns. How well it does so on rows it has not seen comes first: where
errors cannot be predicted from these columns, a ranking of them is noise, and none is given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from math import nan, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .cases import IntArray
from .column_links import ColumnLink, column_links, families
from .columns import numbers
from .errors import DataError
from .grouping import grouping
from .metrics.counts import ratio
from .rate_interval import z_of
from .row_losses import RowLoss
from .source import Source
from .tally.outcomes import FloatArray

if TYPE_CHECKING:
    import pandas as pd

SEED, FOLDS, REPEATS = 0, 5, 10
#: Rows the second model learns from and is tried on; of rare errors all up to half of them are taken.
MAX_ROWS = 20_000
#: Quality up to which errors cannot be told from these columns: AUC, and R² of a loss that is no rate.
LEAST_AUC, LEAST_R2 = 0.55, 0.01
#: Rows of either kind, wrong and right, that are needed.
FEWEST = 20
# Shuffles of all columns together, so that many columns do not take forever; and those each has at least.
_SHUFFLES, _LEAST_SHUFFLES = 400, 3
# Numbers are taken to lie no farther from 0, so that two of them can be added.
_FARTHEST = 1e300


@dataclass(frozen=True)
class Importance:
    """What a column, or columns that say the same, tell about errors that no other column tells.

    Attributes
    ----------
    columns : tuple of str
    drop : float
        By how much the quality falls when they are shuffled, mean over the shuffles; negative by chance only.
    sd : float
        Standard deviation over the shuffles.
    """

    columns: tuple[str, ...]
    drop: float
    sd: float

    @property
    def matters(self) -> bool:
        """Whether the drop is more than twice its standard deviation."""
        return self.drop > 2 * self.sd and self.drop > 0


@dataclass(frozen=True, kw_only=True)
class ColumnImportance:
    """How well errors can be predicted, and which columns that rests on.

    Attributes
    ----------
    measure : str
        ``ROC AUC``, or ``R²`` of a loss that is no rate.
    quality, low, high : float
        Of the second model on rows it has not seen, and the 95 % interval; NaN when there are too few rows.
    why : str
        Why there is no ranking; empty when there is one.
    importances : tuple of Importance
        The largest drop first; empty without a ranking.
    links : tuple of ColumnLink
        Each column alone, the strongest first; also without a ranking.
    rows, n_rows : int
        Rows the second model saw, and all rows.
    folds, repeats, seed : int
    """

    measure: str
    quality: float
    low: float
    high: float
    why: str
    importances: tuple[Importance, ...]
    links: tuple[ColumnLink, ...]
    rows: int
    n_rows: int
    folds: int
    repeats: int
    seed: int

    def frame(self) -> pd.DataFrame:
        """Return one row a column, with its own link and the drop of the columns it was shuffled with."""
        import pandas as pd

        of = {column: one for one in self.importances for column in one.columns}
        rows = [
            {
                "column": link.column, "groups": link.groups, "strength": link.strength, "p": link.p, "q": link.q,
                "drop": of[link.column].drop if link.column in of else nan, "sd": of[link.column].sd if link.column in of else nan,
                "shuffled_with": ", ".join(c for c in of[link.column].columns if c != link.column) if link.column in of else "",
            }
            for link in self.links
        ]  # fmt: skip
        names = ("column", "groups", "strength", "p", "q", "drop", "sd", "shuffled_with")
        return pd.DataFrame(rows, columns=list(names))


def column_importance(
    source: Source, loss: RowLoss, columns: Sequence[str], *, seed: int = SEED, folds: int = FOLDS, repeats: int = REPEATS,
    progress: Callable[[float], None] | None = None,
) -> ColumnImportance:  # fmt: skip
    """Rank columns by what they tell about the loss.

    Gradient boosting (100 shallow trees) learns the loss on all folds but one and is tried on that one; rows that belong
    together are in one fold. At most 20 000 rows are taken, of a rate wrong and right ones apart, which leaves the AUC as it
    is.

    Parameters
    ----------
    source : Source
    loss : RowLoss
    columns : sequence of str
    seed : int
    folds : int
    repeats : int
        Shuffles of each column; fewer, but at least 3, with more than 40 columns.
    progress : callable, optional
        Told the share that is done.

    Returns
    -------
    ColumnImportance

    Raises
    ------
    DataError
        If there is no column, or one cannot be cut into groups.
    """
    if not columns:
        raise DataError("Choose at least one column.")
    told = progress or (lambda share: None)
    cut = [grouping(source, column) for column in columns]
    told(0.1)
    links = column_links(cut, loss, seed=seed)
    told(0.2)
    part = loss.at(_sample(loss, seed))
    with _one_thread():
        return _ranked(source, part, loss, columns, links, seed, folds, repeats, told)


def _one_thread() -> AbstractContextManager[object]:
    """Keep the small trees on one thread: on a busy machine several wait for each other longer than they work."""
    import sklearn.ensemble  # noqa: F401  # the limit reaches only what is loaded
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it ships no types

    limit: AbstractContextManager[object] = threadpool_limits(1)
    return limit


def _ranked(
    source: Source, part: RowLoss, loss: RowLoss, columns: Sequence[str], links: tuple[ColumnLink, ...], seed: int, folds: int,
    repeats: int, told: Callable[[float], None],
) -> ColumnImportance:  # fmt: skip
    """Learn the loss, and rank the columns where that can be done."""
    why = _too_few(part, folds)
    fitted = None if why else _Fitted.of(source, part, columns, folds, seed, lambda s: told(0.2 + 0.3 * s))
    quality, low, high = fitted.quality() if fitted else (nan, nan, nan)
    why = why or _not_predictable(loss, quality, low)
    found: list[Importance] = []
    if fitted and not why:
        together = families(fitted.values, fitted.codes)
        repeats = min(repeats, max(_LEAST_SHUFFLES, _SHUFFLES // len(together)))
        for i, family in enumerate(together):
            told(0.5 + 0.5 * i / len(together))
            drops = quality - fitted.shuffled(family, repeats, seed)
            sd = float(drops.std(ddof=1)) if repeats > 1 else nan
            found.append(Importance(tuple(columns[c] for c in family), float(drops.mean()), sd))
    return ColumnImportance(
        measure="ROC AUC" if loss.is_rate else "R²", quality=quality, low=low, high=high, why=why, links=links,
        importances=tuple(sorted(found, key=lambda one: -one.drop)), rows=len(part), n_rows=len(loss), folds=folds,
        repeats=repeats, seed=seed,
    )  # fmt: skip


def _sample(loss: RowLoss, seed: int) -> IntArray:
    """Choose the rows the second model sees, ascending."""
    if len(loss) <= MAX_ROWS:
        return np.arange(len(loss))
    rng = np.random.default_rng([seed, 2])
    if not loss.is_rate:
        return np.sort(rng.choice(len(loss), MAX_ROWS, replace=False))
    wrong, right = np.flatnonzero(loss.loss > 0), np.flatnonzero(loss.loss == 0)
    n_wrong = min(wrong.size, max(MAX_ROWS // 2, MAX_ROWS - right.size))
    n_right = min(right.size, MAX_ROWS - n_wrong)
    return np.sort(np.concatenate([rng.choice(wrong, n_wrong, replace=False), rng.choice(right, n_right, replace=False)]))  # fmt: skip


def _too_few(loss: RowLoss, folds: int) -> str:
    """Say why a second model cannot be tried."""
    if loss.is_rate:
        wrong = int(loss.loss.sum())
        fewest = min(wrong, len(loss) - wrong)
        if fewest < FEWEST:
            which = loss.failures if wrong <= len(loss) - wrong else f"rows without {loss.failures}"
            return f"There are only {fewest} {which}; at least {FEWEST} are needed to learn what they have in common."
    if len(loss) < 5 * FEWEST:
        return f"There are only {len(loss)} rows; at least {5 * FEWEST} are needed."
    if loss.together is not None and np.unique(loss.together).size < 2 * folds:
        return f"The rows belong to fewer than {2 * folds} groups that are independent of each other."
    return ""


def _not_predictable(loss: RowLoss, quality: float, low: float) -> str:
    """Say that the second model learnt nothing."""
    least, chance = (LEAST_AUC, 0.5) if loss.is_rate else (LEAST_R2, 0.0)
    if quality > least and low > chance:
        return ""
    what = "Errors" if loss.is_rate else "Losses"
    return f"{what} are not predictable from these columns, so there is nothing to rank."


class _Fitted:
    """The second model of every fold, and what it says of the rows left out."""

    def __init__(
        self, loss: RowLoss, values: FloatArray, codes: list[NDArray[Any] | None], seed: int
    ) -> None:
        self.loss, self.values, self.codes, self.seed = loss, values, codes, seed
        self.models: list[tuple[Any, IntArray]] = []

    @classmethod
    def of(
        cls, source: Source, loss: RowLoss, columns: Sequence[str], folds: int, seed: int, told: Callable[[float], None]
    ) -> _Fitted:  # fmt: skip
        """Read the columns and learn on all folds but one, each in turn."""
        read = [_column(source, column, loss.rows) for column in columns]
        values = np.column_stack([values for values, _ in read])
        fitted = cls(loss, values, [codes for _, codes in read], seed)
        for i, (train, test) in enumerate(_folds(loss, folds, seed)):
            fitted.models.append((fitted._learnt(train), test))
            told((i + 1) / folds)
        return fitted

    def _learnt(self, rows: IntArray) -> Any:
        """Learn the loss of some rows."""
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

        kind = HistGradientBoostingClassifier if self.loss.is_rate else HistGradientBoostingRegressor
        model = kind(max_depth=4, max_iter=100, early_stopping=True, random_state=self.seed,
                     categorical_features=np.array([code is not None for code in self.codes]))  # fmt: skip
        weight = None if self.loss.weight is None else self.loss.weight[rows]
        values = self.values[rows]
        values[:, np.isnan(values).all(axis=0)] = (
            0.0  # nothing is cut at a column without any value, if it has one
        )
        return model.fit(values, self.loss.loss[rows], sample_weight=weight)

    def quality(self) -> tuple[float, float, float]:
        """Return AUC or R² on the rows left out, with its interval."""
        return _quality(self.loss, self._said(self.values))

    def shuffled(self, family: tuple[int, ...], repeats: int, seed: int) -> FloatArray:
        """Return the quality when some columns are shuffled together, once for each repeat."""
        rng = np.random.default_rng([seed, 3, *family])
        columns = np.array(family)
        found, values = [], self.values.copy()
        for _ in range(repeats):
            for _, test in self.models:
                values[test[:, None], columns] = self.values[rng.permutation(test)[:, None], columns]
            found.append(_quality(self.loss, self._said(values))[0])
        return np.array(found)

    def _said(self, values: FloatArray) -> FloatArray:
        """Return what the models expect of the rows they have not seen."""
        said = np.empty(len(self.loss))
        for model, test in self.models:
            part = values[test]
            said[test] = model.predict_proba(part)[:, 1] if self.loss.is_rate else model.predict(part)
        return said


def _column(source: Source, column: str, rows: IntArray) -> tuple[FloatArray, NDArray[Any] | None]:
    """Return a column as numbers, and the groups of a column that is none."""
    if source.kind(column) == "number" and not pa.types.is_null(source.column(column).type):
        # halfway between two infinities is no number to cut at
        return np.clip(numbers(source.column(column).take(pa.array(rows))), -_FARTHEST, _FARTHEST), None
    codes = grouping(source, column).code[rows].astype(np.int64)
    return codes.astype(np.float64), codes


def _folds(loss: RowLoss, folds: int, seed: int) -> list[tuple[IntArray, IntArray]]:
    """Part the rows into folds; those that belong together stay in one."""
    from sklearn.model_selection import KFold, StratifiedGroupKFold, StratifiedKFold

    n = np.zeros(len(loss))
    if loss.together is not None:
        y = loss.loss if loss.is_rate else n
        return list(StratifiedGroupKFold(folds, shuffle=True, random_state=seed).split(n, y, loss.together))
    if loss.is_rate:
        return list(StratifiedKFold(folds, shuffle=True, random_state=seed).split(n, loss.loss))
    return list(KFold(folds, shuffle=True, random_state=seed).split(n))


def _quality(loss: RowLoss, said: FloatArray) -> tuple[float, float, float]:
    """Return AUC or R² with its 95 % interval, from how much each row moves it."""
    value, influence = _auc(loss, said) if loss.is_rate else _r2(loss, said)
    if loss.together is not None:
        influence = np.bincount(np.unique(loss.together, return_inverse=True)[1], influence).astype(
            np.float64
        )
    half = z_of(0.95) * sqrt(float((influence**2).sum()))
    return value, value - half, value + half


def _auc(loss: RowLoss, said: FloatArray) -> tuple[float, FloatArray]:
    """Return the AUC, and how much each row moves it (DeLong's placements)."""
    w, wrong = loss.weights, loss.loss > 0
    scores, place = np.unique(said, return_inverse=True)
    pos, neg = (np.bincount(place, w * of, scores.size) for of in (wrong, ~wrong))
    below = (np.cumsum(neg) - neg / 2) / neg.sum()
    above = 1 - (np.cumsum(pos) - pos / 2) / pos.sum()
    auc = float((pos * below).sum() / pos.sum())
    placed = np.where(wrong, below[place], above[place])
    return auc, w * (placed - auc) / np.where(wrong, pos.sum(), neg.sum())


def _r2(loss: RowLoss, said: FloatArray) -> tuple[float, FloatArray]:
    """Return R² against the mean, and how much each row moves it."""
    w = loss.weights / loss.weights.sum()
    spread, left = (loss.loss - loss.mean) ** 2, (loss.loss - said) ** 2
    total = float((w * spread).sum())
    value = 1 - float(ratio((w * left).sum(), total))
    return value, w * ((1 - value) * spread - left) / total if total > 0 else np.zeros(len(loss))
