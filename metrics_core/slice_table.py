"""Any slices side by side: each against all other rows, by several metrics and of several models.

Slices may overlap. Those of one column part the rows, are counted in one pass, and their rates can also be pulled together so
that tiny ones do not lead; every other slice is a filter of its own and is counted alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from .cases import Cases
from .errors import DataError
from .filters import Filter, parse
from .grouping import Grouping
from .groups_compared import ComparedGroup, GroupTable, corrected, n_tested
from .predictions import Predictions
from .reading.watch import Watch
from .shrinkage import shrunk_rates
from .slice_counts import ComparedModel, Masks
from .slices import Level

if TYPE_CHECKING:
    import pandas as pd

#: Slices of one table.
MAX_SLICES = 1000
_NAN = float("nan")
OVERLAPS = "it is no group of one column, so there are no others to pull it to"
NO_RATE = "only shares of rows are pulled together"
TOGETHER = "rows belong together, so there is no number of rows to weigh it by"


@dataclass(frozen=True)
class NamedSlice:
    """Rows with a name.

    Attributes
    ----------
    name : str
    where : Filter
        Its text is what the slice is, whatever it is called.
    partition : str
        Name of the column whose group it is; empty for any other slice.
    label : str
        How the group is called within its column.
    """

    name: str
    where: Filter
    partition: str = ""
    label: str = ""


@dataclass(frozen=True)
class Pulled:
    """A rate pulled towards that of all groups of its column.

    Attributes
    ----------
    value, low, high : float
        NaN where there is none.
    above : float
        Chance that the rate lies above that of all groups together.
    reason : str
        Why there is none.
    """

    value: float = _NAN
    low: float = _NAN
    high: float = _NAN
    above: float = _NAN
    reason: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class SliceTable:
    """Slices by metric and model.

    Attributes
    ----------
    slices : tuple of NamedSlice
        Each once, in the order they were given.
    models, metrics : tuple of str
        Names and keys.
    tables : mapping of (model, metric) to GroupTable
        Each has one group a slice, in the order of the slices, with q-values over all slices, metrics and models together.
        A slice without rows is a group of 0 rows.
    pulled : mapping of (model, metric) to tuple of Pulled
    tested : int
        How many differences were tested.
    """

    slices: tuple[NamedSlice, ...]
    models: tuple[str, ...]
    metrics: tuple[str, ...]
    tables: Mapping[tuple[str, str], GroupTable]
    pulled: Mapping[tuple[str, str], tuple[Pulled, ...]]
    tested: int

    def frame(self) -> pd.DataFrame:
        """Return one row a slice, model and metric, everything as numbers: shares and rates as fractions."""
        import pandas as pd

        parts = []
        for (model, metric), table in self.tables.items():
            part = table.frame().drop(columns=["column", "label"])
            part.insert(0, "model", model)
            part.insert(0, "where", [s.where.text for s in self.slices])
            part.insert(0, "slice", [s.name for s in self.slices])
            found = self.pulled[model, metric]
            part["shrunken"], part["shrunken_low"], part["shrunken_high"], part["not_shrunken"] = (
                [getattr(p, name) for p in found] for name in ("value", "low", "high", "reason")
            )
            parts.append(part)
        return pd.concat(parts, ignore_index=True)


def slice_table(
    predictions: Predictions,
    slices: Iterable[NamedSlice | Grouping | Filter | str],
    *,
    metrics: Sequence[str] = ("error_rate",),
    models: Sequence[str] | None = None,
    threshold: float | Mapping[str, float | None] | None = None,
    where: Filter | str | None = None,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> SliceTable:
    """Compare slices with all other rows.

    Parameters
    ----------
    predictions : Predictions
    slices : iterable of NamedSlice, Grouping, Filter or str
        A grouping stands for all of its groups. Slices with the same filter are one.
    metrics : sequence of str
        Keys, each one of ``comparable_metrics``.
    models : sequence of str, optional
        The first one by default.
    threshold : float or mapping of model to float, optional
        Decides binary cases; without one the file's own decision does, else 0.5 (margins: 0).
    where : Filter or str, optional
        The rows that are looked at; all others are no rest either.
    progress : callable, optional
        Called with the share that is done.
    cancelled : callable, optional
        Asked now and then; true ends the work.

    Returns
    -------
    SliceTable

    Raises
    ------
    DataError
        If there is no slice, model or metric of such a name, more than 1000 slices, or a filter does not fit the columns.
    Cancelled
        If ``cancelled`` said so.

    Examples
    --------
    >>> import metrics_core as mc, pandas as pd
    >>> frame = pd.DataFrame({"y": [1, 0] * 80, "said": [1] * 80 + [1, 0] * 40, "age": range(160)})
    >>> predictions = mc.read(frame, y_true="y", y_pred="said")
    >>> found = slice_table(predictions, ["age < 80", "age >= 40 and age < 120"])
    >>> [(g.label, g.rows, g.value, g.rest, g.share_of_failures) for g in found.tables["said", "error_rate"].groups]
    [('age < 80', 80, 0.5, 0.0, 1.0), ('age >= 40 and age < 120', 80, 0.25, 0.25, 0.5)]
    """
    families, named = _families(slices)
    chosen = tuple(dict.fromkeys(predictions.model(name).name for name in (models or (None,))))
    if isinstance(threshold, Mapping):
        for name in threshold:
            predictions.model(name)  # says what is meant by a wrong one
    keys = tuple(dict.fromkeys(metrics))
    if not keys:
        raise DataError("Name at least one metric to compare slices by.")
    scope = None if where is None else predictions.mask(where)
    masks = Masks(predictions, [s.where for s in named if not s.partition])
    watch = Watch(progress, cancelled)
    found: dict[tuple[str, str], list[ComparedGroup | None]] = {
        (model, metric): [None] * len(named) for model in chosen for metric in keys
    }
    pulled = {pair: [Pulled(reason=OVERLAPS)] * len(named) for pair in found}
    wholes: dict[tuple[str, str], GroupTable] = {}
    of_models = {model: ComparedModel.of(predictions, model, keys, threshold, scope) for model in chosen}
    for done, (family, places) in enumerate(families):
        watch.at(done / len(families))
        inside = None if isinstance(family, Grouping) else masks.of(family.where)
        counted = family if isinstance(family, Grouping) else Level("slice", family.name, family.where)
        for model, compared in of_models.items():
            for metric, table in compared.tables(counted, inside).items():
                wholes[model, metric] = table
                groups = {g.level.label: g for g in table.groups if g.level is not None}
                for label, place in places.items():
                    found[model, metric][place] = groups.get(label)
                if isinstance(family, Grouping):
                    for label, one in _pulled(table, compared.cases).items():
                        if label in places:
                            pulled[model, metric][places[label]] = one
    watch.at(1.0)
    tables = {
        pair: replace(wholes[pair], column="slice", groups=tuple(_renamed(g, s, wholes[pair]) for g, s in zip(groups, named, strict=True)))
        for pair, groups in found.items()
    }  # fmt: skip
    judged = dict(zip(tables, corrected(tables.values()), strict=True))
    return SliceTable(
        slices=named, models=chosen, metrics=keys, tables=judged,
        pulled={pair: tuple(of) for pair, of in pulled.items()}, tested=n_tested(tuple(judged.values())),
    )  # fmt: skip


def named_slices(grouping: Grouping) -> tuple[NamedSlice, ...]:
    """Return the groups of a column as slices.

    Examples
    --------
    >>> from metrics_core.source import open_source
    >>> from metrics_core.grouping import grouping
    >>> import pyarrow as pa
    >>> [s.name for s in named_slices(grouping(open_source(pa.table({"sex": ["f", "m"]})), "sex"))]
    ['sex = f', 'sex = m']
    """
    return tuple(NamedSlice(_name(level), level.where, grouping.column, level.label) for level in grouping.levels)  # fmt: skip


def _name(level: Level) -> str:
    """Name a group of a column: ``sex = f``, ``age 18–64``, ``note missing``, ``has_digit(note)``."""
    if level.value is None and not level.closed:
        return f"{level.column} missing"
    if isinstance(level.value, bool) and level.label in ("yes", "no", "missing", "there"):
        return level.column if level.value else level.where.text
    return f"{level.column} {'' if level.closed else '= '}{level.label}"


def _families(
    slices: Iterable[NamedSlice | Grouping | Filter | str],
) -> tuple[list[tuple[NamedSlice | Grouping, dict[str, int]]], tuple[NamedSlice, ...]]:
    """Put together what is counted in one pass, with the place of each slice by its label; and name every slice once."""
    families: list[tuple[NamedSlice | Grouping, dict[str, int]]] = []
    place: dict[str, int] = {}
    named: list[NamedSlice] = []
    for given in slices:
        given = parse(given) if isinstance(given, str) else given
        if isinstance(given, Filter):
            given = NamedSlice(given.text, given)
        members = (
            named_slices(given) if isinstance(given, Grouping) else (replace(given, partition="", label=""),)
        )
        places = {}
        for one in members:
            if one.where.text not in place:
                place[one.where.text] = len(named)
                named.append(one)
                places[one.label or one.name] = place[one.where.text]
        if places:
            families.append((given, places))
    if not named:
        raise DataError(
            "There is no slice to compare. Choose a column, or write a condition such as age >= 30."
        )
    if len(named) > MAX_SLICES:
        raise DataError(
            f"These are {len(named):,} slices; at most {MAX_SLICES:,} stand in one table. Choose fewer columns."
        )
    return families, tuple(named)


def _renamed(group: ComparedGroup | None, slice_: NamedSlice, table: GroupTable) -> ComparedGroup:
    """Give a group the name of its slice; a slice without rows is a group of none."""
    level = Level(slice_.partition or "slice", slice_.name, slice_.where)
    if group is not None:
        return replace(group, column=level.column, label=slice_.name, level=level)
    nothing = dict.fromkeys(("value", "low", "high", "part", "of", "difference", "difference_low", "difference_high",
                             "z", "p", "prevalence", "rest_prevalence"), _NAN)  # fmt: skip
    return ComparedGroup(column=level.column, label=slice_.name, level=level, rows=0, share=0.0, rest=table.value, failures=0.0,
                         share_of_failures=0.0, small=True, reason="no row is in it", n=0.0, **nothing)  # fmt: skip


def _pulled(table: GroupTable, cases: Cases) -> dict[str, Pulled]:
    """Pull the rates of the groups of one column together; those of all other values are one of them."""
    labels = [g.level.label if g.level is not None else "" for g in table.groups]
    if table.metric.interval != "wilson" or cases.together is not None:
        reason = NO_RATE if table.metric.interval != "wilson" else TOGETHER
        return dict.fromkeys(labels, Pulled(reason=reason))
    n = np.array([g.n for g in table.groups])
    rate = np.array([g.value for g in table.groups])
    shrunk = shrunk_rates(np.where(n > 0, np.minimum(rate * n, n), 0.0), n)
    reasons = ["" if known else table.metric.undefined_when for known in n > 0]
    columns = (
        shrunk.value.tolist(),
        shrunk.low.tolist(),
        shrunk.high.tolist(),
        shrunk.above.tolist(),
        reasons,
    )
    return {label: Pulled(*one) for label, one in zip(labels, zip(*columns, strict=True), strict=True)}
