"""What a metric is: a function of a tally and everything a reader wants to know about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ..tally import (
    ConfusionTally,
    NumberTally,
    OneVsOne,
    OneVsRest,
    OrderTally,
    Outcomes,
    RankTally,
    ScoreTally,
    SeriesTally,
    SumTally,
)

Better = Literal["higher", "lower", "neither"]
Interval = Literal["wilson", "multinomial", "delong", "bootstrap", "normal", "order", "none"]
Unit = Literal["share", "number"]
#: What a metric may read.
Tally = (
    Outcomes
    | ScoreTally
    | ConfusionTally
    | OneVsRest
    | OneVsOne
    | RankTally
    | SumTally
    | NumberTally
    | OrderTally
    | SeriesTally
)
Needs = Literal["", "probability", "margin", "threshold", "interval", "quantile", "deviation"]
#: The tallies of the same rows, each under its type.
Tallies = Mapping[type[Tally], Tally]


@dataclass(frozen=True, kw_only=True)
class MetricSpec:
    """One metric of one task. Pages, command line, help and documentation read these fields.

    Attributes
    ----------
    key : str
        Name in JSON and on the command line; ``@k`` at its end means it takes a number of rows, ``@level`` the level
        of a predicted interval.
    label : str
    fn : callable
        From a tally (and ``k``) to a float or an array over the tally's leading axes. Undefined is NaN.
    task : str
    of : type
        The tally it reads, such as ``Outcomes`` (at a threshold), ``ScoreTally`` (all thresholds) or
        ``ConfusionTally`` (a decision among classes).
    better : {"higher", "lower", "neither"}
    low, high : float
        Ends of the range; infinite where there is none.
    undefined_when : str
        The reason shown beside an empty cell.
    about : str
        Definition in one sentence.
    source : str
        Paper, standard or library the definition agrees with.
    synonyms : tuple of str
        Other names to find it by.
    unit : {"share", "number"}
        Whether pages print it as a percentage.
    interval : str
        How its uncertainty is computed.
    inflated : bool
        Whether chance alone makes it larger, as it does a distance or a worst bin; its bootstrap interval allows
        for that.
    slow : bool
        Whether a value takes so long that a bootstrap makes do with a quarter of the replicates.
    primary : bool
        Headline metrics; the others are diagnostics.
    mean_of : str
        Key of the one-vs-rest metric whose mean over the classes this is; classes where it is undefined are left
        out and named. Empty for all others.
    per_series : callable, optional
        The number of each series whose mean this is; series where it is undefined are left out and named.
    needs : {"", "probability", "margin", "threshold", "interval", "quantile", "deviation"}
        What the scores must be, or what must be predicted besides, for the metric to mean anything.
    """

    key: str
    label: str
    fn: Callable[..., Any]
    task: str
    of: type[Tally]
    better: Better
    low: float
    high: float
    undefined_when: str
    about: str
    source: str
    interval: Interval
    inflated: bool = False
    slow: bool = False
    synonyms: tuple[str, ...] = ()
    unit: Unit = "number"
    primary: bool = False
    mean_of: str = ""
    per_series: Callable[[SeriesTally], Any] | None = None
    needs: Needs = ""

    @property
    def takes_k(self) -> bool:
        """Whether the metric looks at the k highest scores."""
        return self.key.endswith("@k")

    @property
    def takes_level(self) -> bool:
        """Whether the metric is that of a predicted interval, of each level apart."""
        return self.key.endswith("@level")
