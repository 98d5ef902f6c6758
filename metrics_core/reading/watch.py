"""How far a read is, and whether somebody has given it up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ..errors import DataError


class Cancelled(DataError):
    """A read was given up by the one who asked for it."""

    def __init__(self) -> None:
        super().__init__("Reading was cancelled.")


@dataclass(frozen=True)
class Watch:
    """Reports the share of the work that is done and asks whether to go on; a part of it covers part of the work.

    Attributes
    ----------
    progress : callable, optional
        Called with a fraction from 0 to 1 that never falls.
    cancelled : callable, optional
        Asked between two pieces of work; true ends the read.
    low, high : float
        Which part of the whole this one is.
    """

    progress: Callable[[float], None] | None = None
    cancelled: Callable[[], bool] | None = None
    low: float = 0.0
    high: float = 1.0

    def at(self, share: float) -> None:
        """Say that a share of this part is done.

        Raises
        ------
        Cancelled
            If somebody has given the read up.
        """
        if self.cancelled is not None and self.cancelled():
            raise Cancelled
        if self.progress is not None:
            self.progress(self.low + (self.high - self.low) * min(max(share, 0.0), 1.0))

    def part(self, low: float, high: float) -> Watch:
        """Return the watch over a part of this one.

        Examples
        --------
        >>> Watch(print, low=0.5).part(0.5, 1.0).at(0.5)
        0.875
        """
        width = self.high - self.low
        return replace(self, low=self.low + width * low, high=self.low + width * high)


#: Nobody looks on.
UNWATCHED = Watch()
