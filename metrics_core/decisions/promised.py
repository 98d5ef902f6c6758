"""A certificate as a constraint: choose only among the cuts it covers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..tally import Outcomes
from ..tally.outcomes import FloatArray
from .certificates import Certificate
from .rule import BoolArray


@dataclass(frozen=True)
class Promised:
    """Holds at the cuts that a certificate covers.

    Attributes
    ----------
    certificate : Certificate
    """

    certificate: Certificate

    @property
    def text(self) -> str:
        """The promise, and that it is one."""
        return f"promise {self.certificate.promise.text}"

    def value(self, outcomes: Outcomes) -> FloatArray:
        """Say 1 at the cuts that are covered and 0 elsewhere."""
        return self.holds(outcomes).astype(np.float64)

    def slack(self, outcomes: Outcomes) -> FloatArray:
        """Say 0 at the cuts that are covered and -1 elsewhere."""
        return self.value(outcomes) - 1

    def holds(self, outcomes: Outcomes) -> BoolArray:
        """Tell the cuts that are covered."""
        cut, c = outcomes.threshold, self.certificate
        assert cut is not None  # a rule looks at cuts
        if not c.certifies_some:
            return np.zeros(np.shape(cut), dtype=bool)
        if c.cuts:
            return np.isin(cut, c.cuts)
        return np.asarray((cut >= (-np.inf if c.low is None else c.low)) & (cut <= (np.inf if c.high is None else c.high)))  # fmt: skip

    def met(self, room: FloatArray) -> BoolArray:
        """Tell from the room that is left which cuts are covered."""
        return np.asarray(room >= 0)
