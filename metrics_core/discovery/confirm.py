"""Rows kept back from the search, and what the slices found do on them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow.compute as pc

from ..cases import BoolArray, Cases
from ..decisions.asked import rows_called
from ..differences import benjamini_hochberg
from ..errors import DataError
from ..predictions import Predictions
from ..role_names import joined
from ..row_losses import RowLoss
from .results import CLEAR, Confirmed, Discovery, FoundSlice
from .search import LEVEL
from .significance import Together, difference_ends, evidence_of
from .sums import Losses

#: What the rows of a split that nothing was chosen on are called.
KEPT_BACK = frozenset({"test", "testing", "holdout", "heldout", "eval", "evaluation"})
SEED = 0


@dataclass(frozen=True, eq=False)
class Halves:
    """Which rows are searched and which confirm.

    Attributes
    ----------
    searched, kept_back : (n,) bool
        Over the judged rows.
    name : str
        What the rows kept back are called.
    """

    searched: BoolArray
    kept_back: BoolArray
    name: str


def halves_of(predictions: Predictions, cases: Cases, confirm: str) -> Halves:
    """Divide the judged rows.

    Parameters
    ----------
    predictions : Predictions
    cases : Cases
    confirm : str
        ``half`` keeps a random half back (rows that belong together stay together), ``split`` the rows that the split
        column calls test or holdout, ``split=NAME`` those it calls NAME.

    Raises
    ------
    DataError
        If ``confirm`` is none of these, there is no such split, or either part has no rows.
    """
    if confirm == "half":
        back = _half(cases)
        return Halves(~back, back, "a random half")
    how, _, name = confirm.partition("=")
    if how != "split":
        raise DataError(f"Slices are confirmed on 'half', 'split' or 'split=NAME', not {confirm!r}.")
    name = name or _kept_back(predictions)
    back = predictions.mask(rows_called(name, predictions))[cases.rows]
    if not back.any() or back.all():
        which = "No row" if not back.any() else "Every row"
        raise DataError(f"{which} that can be judged is called {name!r} in column {predictions.roles.split!r}, so nothing is left to {'confirm on' if not back.any() else 'search'}.")  # fmt: skip
    return Halves(~back, back, f"{name} ({predictions.roles.split})")


def confirmed(discovery: Discovery, predictions: Predictions, loss: RowLoss, name: str) -> Discovery:
    """Look every slice up among the rows kept back.

    Parameters
    ----------
    discovery : Discovery
    predictions : Predictions
    loss : RowLoss
        Of the rows kept back.
    name : str
        What they are called.
    """
    losses = Losses.of_rows(loss)
    looked_up = [_looked_up(predictions, losses, one) for one in discovery.slices]
    q = benjamini_hochberg([one.p for one in looked_up]) if looked_up else np.zeros(0)
    done = [
        replace(found, q=float(x), holds=bool(x <= CLEAR))
        for found, x in zip(looked_up, q.tolist(), strict=True)
    ]
    slices = tuple(replace(one, confirmed=c) for one, c in zip(discovery.slices, done, strict=True))
    return replace(discovery, slices=slices, confirmed_on=name)


def _looked_up(predictions: Predictions, losses: Losses, one: FoundSlice) -> Confirmed:
    """Test one slice against the rest of the rows kept back."""
    inside = predictions.mask(one.where)[losses.of.rows]
    own, whole = losses.inside(inside), losses.whole
    nothing = float("nan")
    if not inside.any() or inside.all() or not losses.of.loss.any():
        value = float(losses.value(own)[0]) if inside.any() else nothing
        return Confirmed(rows=int(inside.sum()), errors=float(losses.errors(own)[0]), rate=value, rest_rate=nothing, difference=nothing,
                         low=nothing, high=nothing, p=nothing, q=nothing, holds=False)  # fmt: skip
    found = evidence_of(losses, own, whole)
    low, high, _ = difference_ends(losses, own, whole, LEVEL)
    p, ends = float(found.p[0]), (float(low[0]), float(high[0]))
    if losses.of.together is not None:
        _, by_groups, *reach = Together(losses).evidence(inside, LEVEL)
        p, ends = max(p, by_groups), (reach[0], reach[1])
    return Confirmed(
        rows=int(inside.sum()), errors=float(losses.errors(own)[0]), rate=float(found.value[0]), rest_rate=float(found.rest[0]),
        difference=float(found.difference[0]), low=ends[0], high=ends[1], p=p, q=nothing, holds=False,
    )  # fmt: skip


def _half(cases: Cases) -> BoolArray:
    """Draw half of the rows, or of the groups of rows that belong together."""
    rng = np.random.default_rng(SEED)
    if cases.together is None:
        back = np.zeros(len(cases), dtype=bool)
        back[rng.permutation(len(cases))[: len(cases) // 2]] = True
        return back
    names, code = np.unique(cases.together, return_inverse=True)
    drawn = np.zeros(names.size, dtype=bool)
    drawn[rng.permutation(names.size)[: names.size // 2]] = True
    return drawn[code]


def _kept_back(predictions: Predictions) -> str:
    """Find what the split calls the rows that nothing was chosen on."""
    column = predictions.roles.split
    if column is None:
        raise DataError("There is no split column to confirm on. Name it with --split, or confirm on 'half'.")
    names = [str(v) for v in pc.unique(predictions.source.column(column)).to_pylist() if v is not None]
    found = [name for name in names if joined(name) in KEPT_BACK]
    if len(found) != 1:
        listed = ", ".join(map(repr, names[:6]))
        raise DataError(f"Column {column!r} (used as split) calls rows {listed}; say which of them confirm with split=NAME.")  # fmt: skip
    return found[0]
