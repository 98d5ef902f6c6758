"""P-values corrected for everything that was tested."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from ..differences import benjamini_hochberg
from ..errors import DataError, did_you_mean
from ..tally.outcomes import FloatArray


def benjamini_yekutieli(p: FloatArray) -> FloatArray:
    """P-values adjusted like Benjamini and Hochberg's, whatever the tests have to do with each other.

    References
    ----------
    Benjamini and Yekutieli (2001), doi:10.1214/aos/1013699998
    """
    adjusted = benjamini_hochberg(p)
    tested = int(np.count_nonzero(~np.isnan(adjusted)))
    return np.asarray(np.minimum(adjusted * (1 / np.arange(1, tested + 1)).sum(), 1.0))


def holm(p: FloatArray) -> FloatArray:
    """P-values adjusted so that flagging all below q raises even one false alarm with a chance of at most q.

    References
    ----------
    Holm (1979), https://www.jstor.org/stable/4615733

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03])).tolist()
    [0.03, 0.06, 0.06]
    """
    given = np.asarray(p, dtype=np.float64)
    tested = np.flatnonzero(~np.isnan(given))
    order = tested[np.argsort(given[tested], kind="stable")]
    adjusted = given[order] * np.arange(tested.size, 0, -1)
    out = np.full(given.shape, np.nan)
    out[order] = np.minimum(np.maximum.accumulate(adjusted), 1.0)
    return out


#: How p-values are corrected, by name.
CORRECTIONS: Mapping[str, Callable[[FloatArray], FloatArray]] = MappingProxyType(
    {"bh": benjamini_hochberg, "by": benjamini_yekutieli, "holm": holm}
)
#: What each keeps below the level.
CORRECTION_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "bh": "Benjamini and Hochberg: the expected share of false alarms among what is reported",
        "by": "Benjamini and Yekutieli: the same, whatever the slices have in common",
        "holm": "Holm: the chance of even one false alarm",
    }
)


def corrected(p: FloatArray, correction: str) -> FloatArray:
    """Adjust p-values; NaN takes no part.

    Raises
    ------
    DataError
        If there is no such correction.
    """
    if correction not in CORRECTIONS:
        raise DataError(
            f"There is no correction {correction!r}. {did_you_mean(correction, list(CORRECTIONS))}"
        )
    return CORRECTIONS[correction](p)
