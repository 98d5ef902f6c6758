"""Cases into tallies: the only work that grows with the number of rows."""

from .scores import decided_outcomes, score_tally

__all__ = ["decided_outcomes", "score_tally"]
