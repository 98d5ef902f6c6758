"""The core of Faultline: predictions in, numbers with their reasons out. Draws nothing.

Examples
--------
>>> import pandas as pd
>>> frame = pd.DataFrame({"label": [1, 0, 0, 1, 1, 1, 0], "p": [0.6, 0.2, 0.55, 0.9, 0.4, 0.8, 0.5]})
>>> predictions = read(frame, y_true="label", y_score="p")
>>> evaluation = evaluate(predictions, threshold=0.5)
>>> evaluation.metrics["recall"]
0.75
"""

from importlib.metadata import version as _version

from . import curves, intervals, slices, thresholds
from .checks import Finding
from .errors import DataError, NeedsChoice
from .evaluation import Evaluation, evaluate
from .filters import Filter
from .intake import read
from .metrics.registry import REGISTRY
from .predictions import Predictions

__version__ = _version("faultline")

__all__ = [
    "REGISTRY",
    "DataError",
    "Evaluation",
    "Filter",
    "Finding",
    "NeedsChoice",
    "Predictions",
    "__version__",
    "curves",
    "evaluate",
    "intervals",
    "read",
    "slices",
    "thresholds",
]
