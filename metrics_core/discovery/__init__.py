"""Slices where a model fails: every combination of groups, tested against all other rows."""

from .losses import LOSSES
from .multiplicity import CORRECTIONS
from .picking import SCORES
from .results import CLEAR, Confirmed, Discovery, FoundSlice
from .run import discover
from .search import Asked, find

__all__ = [
    "CLEAR",
    "CORRECTIONS",
    "LOSSES",
    "SCORES",
    "Asked",
    "Confirmed",
    "Discovery",
    "FoundSlice",
    "discover",
    "find",
]
