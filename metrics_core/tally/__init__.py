"""Small sums of rows; every metric is a function of one of these."""

from .confusion import ConfusionTally
from .one_vs_rest import OneVsOne, OneVsRest
from .outcomes import Outcomes
from .score import ScoreTally
from .sums import RankTally, SumTally

__all__ = ["ConfusionTally", "OneVsOne", "OneVsRest", "Outcomes", "RankTally", "ScoreTally", "SumTally"]
