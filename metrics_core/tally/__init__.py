"""Small sums of rows; every metric is a function of one of these."""

from .confusion import ConfusionTally
from .numbers import NumberTally, OrderTally
from .one_vs_rest import OneVsOne, OneVsRest
from .outcomes import Outcomes
from .score import ScoreTally
from .series import SeriesTally
from .sums import RankTally, SumTally

__all__ = [
    "ConfusionTally",
    "NumberTally",
    "OneVsOne",
    "OneVsRest",
    "OrderTally",
    "Outcomes",
    "RankTally",
    "ScoreTally",
    "SeriesTally",
    "SumTally",
]
