"""Narrow bins for scores between 0 and 1, made of powers of two: every engine counts the same integers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .outcomes import FloatArray

#: Number of equal-width bins ``(a, b]`` of the expected calibration error.
ECE_BINS = 15
#: Their inner ends as cuts of the rule ``score >= cut``: a score of exactly i/15 lies below.
ECE_CUTS = tuple(float(np.nextafter(i / ECE_BINS, 1.0)) for i in range(1, ECE_BINS))
#: Zones of the fine set, four octaves each; the greatest has this many steps of two between 0 and 1.
ZONES, ZONE_OCTAVES, ZONE_BITS = 6, 4, 12
#: The coarse set: steps of two in each octave, and octaves below 1/2.
COARSE_BITS, COARSE_OCTAVES = 7, 19
_TINY = float(np.nextafter(0.0, 1.0))


@dataclass(frozen=True)
class Bins:
    """Bins of the scores 0 to 1, told apart by the distance to the nearer end.

    The fine set has zones of four octaves: a score below 1/2 lies in a bin of width 2^-12 above 1/16, 2^-16 above
    1/256, and so on to 2^-32; scores above 1/2 mirror that. The coarse set has 128 bins in every octave down to 2^-20 from
    either end. Every coarse edge is a fine edge. Exactly 0 and exactly 1 are entries of their own.

    Attributes
    ----------
    cuts : tuple of float
        Further edges, ascending; the ends of the calibration bins by default. What lies outside 0 to 1 is left out,
        because no bin holds it.
    coarse : bool
        Whether this is the coarse set.

    Examples
    --------
    >>> Bins().size, Bins(coarse=True).size
    (42512, 4882)
    >>> Bins(cuts=(0.3,)) == Bins(cuts=[0.3, 0.3, 7.0])
    True
    """

    cuts: tuple[float, ...] = field(default=ECE_CUTS)
    coarse: bool = False

    def __post_init__(self) -> None:
        kept = sorted({float(c) for c in self.cuts if 0 < float(c) <= 1})
        object.__setattr__(self, "cuts", tuple(kept))

    def with_cuts(self, cuts: Iterable[float]) -> Bins:
        """Return the same set with further edges."""
        return Bins((*self.cuts, *(float(c) for c in cuts)), self.coarse)

    @property
    def size(self) -> int:
        """Number of bins."""
        return int(self.edges.size)

    @cached_property
    def base(self) -> FloatArray:
        """Edges without cuts: 0, then ascending powers of two and their multiples, mirrored at 1/2."""
        low = _coarse_edges() if self.coarse else _zone_edges()
        return np.concatenate([[0.0], low, [0.5], (1 - low)[::-1]])

    @cached_property
    def edges(self) -> FloatArray:
        """Least score that each bin may hold, ascending, ``(size,)``."""
        return _read_only(np.union1d(self.base, [_TINY, 1.0, *self.cuts]))

    @cached_property
    def tops(self) -> FloatArray:
        """Greatest score that each bin may hold, ``(size,)``."""
        return _read_only(np.append(np.nextafter(self.edges[1:], 0.0), 1.0))

    @property
    def bits(self) -> int:
        """Steps of two that an octave needs so that every edge but the cuts is one of its steps."""
        return COARSE_BITS if self.coarse else ZONE_BITS - 1

    @property
    def octaves(self) -> int:
        """Octaves below 1/2 before one bin holds what is nearer to the end."""
        return COARSE_OCTAVES if self.coarse else ZONE_BITS + ZONE_OCTAVES * (ZONES - 1) - 1

    def index(self, score: FloatArray) -> NDArray[np.int64]:
        """Find the bin of each score by search: the definition, slower than counting by ``reduce``."""
        return np.searchsorted(self.edges, np.asarray(score, dtype=np.float64), side="right") - 1


def _zone_edges() -> FloatArray:
    """List the fine edges between 0 and 1/2, without both."""
    edges = []
    for zone in range(ZONES):
        steps = 2.0 ** (ZONE_BITS + ZONE_OCTAVES * zone)
        first = 1 if zone == ZONES - 1 else 2 ** (ZONE_BITS - ZONE_OCTAVES)
        last = 2**ZONE_BITS if zone else 2 ** (ZONE_BITS - 1)
        edges.append(np.arange(first, last) / steps)
    return np.concatenate(edges[::-1])


def _coarse_edges() -> FloatArray:
    """List the coarse edges between 0 and 1/2, without both."""
    steps = np.arange(2**COARSE_BITS, 2 ** (COARSE_BITS + 1)) / 2.0 ** (COARSE_BITS + 1)
    return np.concatenate([steps * 2.0**-octave for octave in range(COARSE_OCTAVES, 0, -1)])


def _read_only(values: FloatArray) -> FloatArray:
    """Protect an array that many tallies share."""
    values.setflags(write=False)
    return values


#: The sets that tallies use when nobody asks for further cuts.
FINE, COARSE = Bins(), Bins(coarse=True)
