"""The bundled demos: a file, what it is about, and which column plays which role.

Nothing heavy is imported here; ``python -m demo_data.generate`` makes the files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any

__all__ = ["DEMOS", "Demo", "UnknownDemo", "demo"]


@dataclass(frozen=True, kw_only=True)
class Demo:
    """One bundled data set.

    Attributes
    ----------
    name : str
        What the command line and the address of a page call it.
    title, about : str
        A heading, and one or two sentences for the page.
    task : str
        The task of its predictions, such as ``"binary"``.
    filename : str
        The file inside this package.
    roles : mapping of str to str, int, tuple of str or dict
        Keyword arguments for ``metrics_core.read``. Two models are a dict, because JSON can hold it.
    """

    name: str
    title: str
    about: str
    task: str
    filename: str
    roles: Mapping[str, str | int | tuple[str, ...] | dict[str, Any]] = field(hash=False)

    @property
    def path(self) -> Path:
        """Where the packaged file lies."""
        return Path(__file__).with_name(self.filename)


class UnknownDemo(KeyError):
    """No demo has this name; the message lists those there are."""

    def __str__(self) -> str:
        """Return the sentence itself: KeyError would show it quoted."""
        return str(self.args[0])


def demo(name: str) -> Demo:
    """Return the demo of that name.

    Raises
    ------
    UnknownDemo
        If there is none.

    Examples
    --------
    >>> demo("fraud").roles["y_true"]
    'is_fraud'
    """
    if name in DEMOS:
        return DEMOS[name]
    close = get_close_matches(name.lower(), DEMOS, n=1)
    hint = f" Did you mean '{close[0]}'?" if close else ""
    raise UnknownDemo(f"There is no demo called '{name}'.{hint} The demos are: {', '.join(DEMOS)}.")


_FRAUD = Demo(
    name="fraud",
    title="Card fraud",
    about=(
        "Eight weeks of simulated online card payments with the fraud score of a gradient-boosted model "
        "trained on the months before. About 1.5% are fraud, and at a threshold of 0.5 the model misses "
        "two thirds of it."
    ),
    task="binary",
    filename="fraud.parquet",
    roles=MappingProxyType(
        {
            "y_true": "is_fraud",
            "y_score": "score",
            "pos_label": "1",
            "id": "transaction_id",
            "split": "split",
            "time": "time",
            "amount": "amount",
            "slices": ("merchant_type", "device", "country", "new_account"),
        }
    ),
)

_TUMOUR = Demo(
    name="tumour",
    title="Breast tumours",
    about=(
        "569 real breast masses, cell nuclei measured in a picture: a logistic regression and a random forest "
        "say which are malignant."
    ),
    task="binary",
    filename="tumour.csv",
    roles=MappingProxyType(
        {
            "y_true": "diagnosis",
            "y_score": {"logistic": "logistic", "forest": "forest"},
            "pos_label": "malignant",
            "id": "case_id",
            "fold": "fold",
            "slices": ("nucleus_size", "mean_texture", "mean_smoothness", "mean_concavity", "worst_area"),
        }
    ),
)

_DIGITS = Demo(
    name="digits",
    title="Handwritten digits",
    about="1,797 real pictures of handwritten digits, read by a logistic regression that gets one in 22 wrong.",
    task="multiclass",
    filename="digits.parquet",
    roles=MappingProxyType(
        {
            "task": "multiclass",
            "y_true": "digit",
            "y_pred": "predicted",
            "proba_prefix": "proba_",
            "id": "image_id",
            "fold": "fold",
            "slices": ("ink", "slant"),
        }
    ),
)

_DIABETES = Demo(
    name="diabetes",
    title="Diabetes progression",
    about=(
        "442 real patients: a ridge regression and boosted trees predict how far the disease has gone on a year later, "
        "each with a 90% interval."
    ),
    task="regression",
    filename="diabetes.csv",
    roles=MappingProxyType(
        {
            "task": "regression",
            "y_true": "progression",
            "y_pred": {"ridge": "ridge", "boosted": "boosted"},
            "interval": {
                "ridge": {"0.9": "ridge_low,ridge_high"},
                "boosted": {"0.9": "boosted_low,boosted_high"},
            },
            "id": "patient_id",
            "fold": "fold",
            "slices": ("sex", "age", "bmi", "blood_pressure", "hdl", "log_triglycerides"),
        }
    ),
)

_DEMAND = Demo(
    name="demand",
    title="Store sales by the hour",
    about=(
        "Simulated hourly sales of four products in ten stores: boosted trees and a ridge regression forecast the next "
        "24 hours at 14 moments, each with an 80% and a 95% interval."
    ),
    task="forecasting",
    filename="demand.parquet",
    roles=MappingProxyType(
        {
            "task": "forecasting",
            "y_true": "demand",
            "y_pred": {"boosted": "boosted", "ridge": "ridge"},
            "interval": {
                "boosted": {
                    "0.8": "boosted_low_80,boosted_high_80",
                    "0.95": "boosted_low_95,boosted_high_95",
                },
                "ridge": {"0.8": "ridge_low_80,ridge_high_80", "0.95": "ridge_low_95,ridge_high_95"},
            },
            "series": ("store", "product"),
            "time": "time",
            "origin": "origin",
            "horizon": "horizon",
            "season": 24,
            "train": str(Path(__file__).with_name("demand_history.parquet")),
            "train_value": "demand",
            "slices": ("region", "promotion", "day", "temperature", "store", "product"),
        }
    ),
)

DEMOS: Mapping[str, Demo] = MappingProxyType(
    {known.name: known for known in (_FRAUD, _TUMOUR, _DIGITS, _DIABETES, _DEMAND)}
)
