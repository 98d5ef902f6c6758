"""Small sums of rows; every metric is a function of one of these."""

from .outcomes import Outcomes
from .score import ScoreTally

__all__ = ["Outcomes", "ScoreTally"]
