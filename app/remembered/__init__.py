"""Choices once confirmed, remembered beside the data: ``faultline.toml`` with one table for each data set.

The app writes it; the app and the command line read it. ``metrics_core.read`` does not: there only what is named counts.
"""

from .merging import GONE, beside, recall, still_there
from .reading import FILE, ChoicesError, Place, place_of, remembered_roles
from .writing import forget, remember

__all__ = [
    "FILE",
    "GONE",
    "ChoicesError",
    "Place",
    "beside",
    "forget",
    "place_of",
    "recall",
    "remember",
    "remembered_roles",
    "still_there",
]
