"""One call from predictions to the slices where a model fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from weakref import WeakKeyDictionary

from ..cases import BinaryCases, Cases
from ..errors import DataError
from ..evaluation import used_threshold
from ..filters import Filter, parse
from ..grouping import Grouping
from ..predictions import Predictions
from ..reading.watch import Watch
from ..reduce import score_tally
from ..slices import QUANTILE_BINS
from .columns import columns_of
from .confirm import confirmed, halves_of
from .losses import loss_of
from .results import Discovery
from .search import MOST_COLUMNS, Asked, find

#: Columns searched to depth 3 unless more are named.
FEW_COLUMNS = 12
# Searches of one table that are remembered.
_REMEMBERED = 16

_KNOWN: WeakKeyDictionary[Predictions, dict[tuple[object, ...], Discovery]] = WeakKeyDictionary()


def discover(
    predictions: Predictions,
    *,
    depth: int = 2,
    min_support: float = 0.01,
    loss: str = "error",
    columns: Sequence[str | Grouping] | None = None,
    model: str | None = None,
    threshold: float | None = None,
    where: Filter | str | None = None,
    bins: int = QUANTILE_BINS,
    score: str = "z",
    correction: str = "bh",
    confirm: str = "",
    limit: int = 10,
    unclear: bool = False,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Discovery:
    """Find the slices where a model fails more than elsewhere, beyond what chance explains.

    Every combination of up to ``depth`` groups of different columns with enough rows is compared with all other rows,
    and the p-values are corrected for all of them. The same search of the same predictions is done once.

    Parameters
    ----------
    predictions : Predictions
    depth : int
        Conditions that a slice may join, 1 to 3.
    min_support : float
        Share of the rows that a slice must have, but never fewer than 30; from 1 on a number of rows.
    loss : {"error", "fpr", "fnr", "log_loss", "amount", "abs_error", "squared_error", "too_high", "too_low", "pinball", "scaled_error"}
        What goes wrong: the share of wrong rows; of the negatives that are flagged; of the positives that are missed;
        the mean log loss; the share of the amount that is decided wrong; of predicted numbers the mean distance from
        the true ones, its square, by how much they lie above or below them, or the pinball loss; of forecasts the distance
        over the scale of the series.
    columns : sequence of str or Grouping, optional
        Columns of the table, derived ones such as ``hour(time)``, or groups made elsewhere. By default those that were
        said to be slices, else those that are compared, at most 20; at depth 3 the 12 whose groups alone are clearest.
    model : str, optional
        The first one by default.
    threshold : float, optional
        ``score >= threshold`` is positive. Without one the file's own decision counts, else the default threshold.
    where : Filter or str, optional
        Only these rows.
    bins : int
        Into how many ranges of about equal size numbers are cut.
    score : {"z", "sliceline", "lift"}
        What slices are ordered by: standard errors, SliceLine's score, or the rate divided by that of all rows.
    correction : {"bh", "by", "holm"}
        How p-values are corrected.
    confirm : str
        ``half``, ``split`` or ``split=NAME``: rows that take no part in the search and then judge what was found.
    limit : int
        Slices to list.
    unclear : bool
        Fill the list up with the best slices that chance explains, marked by ``clear``.
    progress : callable, optional
        Called with the share of the work that is done, from 0 to 1.
    cancelled : callable, optional
        Asked now and then; true ends the search.

    Returns
    -------
    Discovery

    Raises
    ------
    DataError
        If the rows have no such loss, a column does not exist, no row is left, or a setting makes no sense.
    Cancelled
        If ``cancelled`` said so.

    Examples
    --------
    >>> import metrics_core as mc, numpy as np, pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> device, country = rng.choice(["app", "web"], 4000), rng.choice(["DE", "FR", "NL"], 4000)
    >>> wrong = rng.random(4000) < np.where((device == "web") & (country == "NL"), 0.4, 0.1)
    >>> label = rng.integers(0, 2, 4000)
    >>> frame = pd.DataFrame({"y": label, "said": label ^ wrong, "device": device, "country": country})
    >>> found = discover(mc.read(frame, y_true="y", y_pred="said"))
    >>> found.slices[0].where.text, found.tested
    ("device == 'web' and country == 'NL'", 11)
    """
    condition = parse(where) if isinstance(where, str) else where
    asked = Asked(depth=depth, min_support=min_support, score=score, correction=correction, limit=limit, unclear=unclear,
                  most_columns=FEW_COLUMNS if depth > 2 and columns is None else MOST_COLUMNS.get(depth, FEW_COLUMNS))  # fmt: skip
    asked.check()
    groups = None if columns is None else tuple(c if isinstance(c, str) else id(c) for c in columns)
    key = (asked, loss, groups, predictions.model(model).name, threshold, condition, bins, confirm)
    known = _KNOWN.setdefault(predictions, {})
    if key not in known or _has_groupings(columns):
        found = _discovered(predictions, asked, loss, columns, model, threshold, condition, bins, confirm, Watch(progress, cancelled))  # fmt: skip
        if _has_groupings(columns):
            return found
        while len(known) >= _REMEMBERED:
            known.pop(next(iter(known)), None)
        known[key] = found
    elif progress is not None:
        progress(1.0)
    return known[key]


def _has_groupings(columns: Sequence[str | Grouping] | None) -> bool:
    """Tell whether groups were handed over, which nothing but the object tells apart."""
    return columns is not None and any(not isinstance(c, str) for c in columns)


def _discovered(
    predictions: Predictions, asked: Asked, loss: str, columns: Sequence[str | Grouping] | None, model: str | None,
    threshold: float | None, condition: Filter | None, bins: int, confirm: str, watch: Watch,
) -> Discovery:  # fmt: skip
    """Search."""
    watch.at(0.0)
    cases = predictions.judged(model, condition)
    if len(cases) == 0:
        raise DataError(f"No row that can be judged passes the filter {condition}. Widen it." if condition else "No row can be judged.")  # fmt: skip
    cut = _cut(predictions, cases, threshold)
    lost = loss_of(cases, loss, cut)
    halves = halves_of(predictions, cases, confirm) if confirm else None
    chosen = columns_of(predictions, columns, bins)
    watch.at(0.05)
    searched = lost if halves is None else loss_of(cases.at(halves.searched), loss, cut)
    found = find(chosen.groupings, searched, asked, watch.part(0.05, 0.95))
    found = replace(found, loss=loss, model=predictions.model(model).name, threshold=cut, where=condition,
                    left_out=(*found.left_out, *chosen.left_out))  # fmt: skip
    if halves is not None:
        found = confirmed(found, predictions, loss_of(cases.at(halves.kept_back), loss, cut), halves.name)
    watch.at(1.0)
    return found


def _cut(predictions: Predictions, cases: Cases, threshold: float | None) -> float | None:
    """Decide which threshold rules, as an evaluation does."""
    if not isinstance(cases, BinaryCases):
        if threshold is not None:
            raise DataError("A threshold belongs to one class against the rest: name the class with --pos-label and --task binary.")  # fmt: skip
        return None
    if cases.score is None and threshold is not None:
        raise DataError("A threshold needs a score, and there is none. Name one with --y-score.")
    tally = (
        None
        if cases.score is None or cases.predicted is not None or threshold is not None
        else score_tally(cases)
    )
    return used_threshold(cases, tally, threshold)
