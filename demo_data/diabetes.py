"""The ``diabetes`` demo: two models of how far the disease has gone on, on the data that come with scikit-learn.

``demo_data/SOURCES.md`` names the authors of the data.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from demo_data.folds import Array, assign_folds, predicted_out_of_fold

N_TREES = 120
DECIMALS = 1
LEVEL = 0.9
"""Share of the patients that each interval should hold."""
Z = 1.6448536269514722
"""The normal quantile that leaves half of the rest on either side."""
MEASURES = {"age": 0, "bmi": 1, "bp": 1, "s3": 1, "s5": 2}
"""The measurements that go into the file, with their decimals; the models see all ten."""
NAMES = {"bp": "blood_pressure", "s3": "hdl", "s5": "log_triglycerides"}


def diabetes_table(*, n_trees: int = N_TREES) -> pa.Table:
    """Predict every patient with a ridge regression and boosted trees that did not see the patient.

    Parameters
    ----------
    n_trees : int
        Trees of each boosted model.

    Returns
    -------
    pyarrow.Table
        One row a patient, in scikit-learn's order.
    """
    from sklearn.datasets import load_diabetes

    patients = load_diabetes(scaled=False)
    truth = patients.target
    folds = assign_folds(np.digitize(truth, np.quantile(truth, [0.2, 0.4, 0.6, 0.8])))
    predicted = {
        name: predicted_out_of_fold(model, patients.data, truth, folds).round(DECIMALS)
        for name, model in {**_ridge(), **_boosted(n_trees)}.items()
    }
    names = list(patients.feature_names)
    measured = {
        NAMES.get(name, name): patients.data[:, names.index(name)].round(decimals)
        for name, decimals in MEASURES.items()
    }
    return pa.table(
        {
            "patient_id": [f"P{number:03d}" for number in range(1, len(truth) + 1)],
            "progression": truth,
            **predicted,
            "fold": folds,
            "sex": np.where(patients.data[:, names.index("sex")] == 1, "one", "two"),
            **measured,
            "age": measured["age"].astype(np.int64),
        }
    )


def _ridge() -> dict[str, Callable[[Array, Array], Callable[[Array], Array]]]:
    """Return the linear model, and an interval as wide everywhere as its own errors on what it learnt from."""

    def moved(by: float) -> Callable[[Array, Array], Callable[[Array], Array]]:
        def fit(features: Array, numbers: Array) -> Callable[[Array], Array]:
            from sklearn.linear_model import Ridge
            from sklearn.pipeline import make_pipeline
            from sklearn.preprocessing import StandardScaler

            model = make_pipeline(StandardScaler(), Ridge(1.0, solver="cholesky")).fit(features, numbers)
            spread = float(np.std(model.predict(features) - numbers))
            return lambda new: np.asarray(model.predict(new) + by * spread)

        return fit

    return {"ridge": moved(0.0), "ridge_low": moved(-Z), "ridge_high": moved(Z)}


def _boosted(n_trees: int) -> dict[str, Callable[[Array, Array], Callable[[Array], Array]]]:
    """Return boosted trees for the mean and for both ends of an interval."""

    def of(**settings: Any) -> Callable[[Array, Array], Callable[[Array], Array]]:
        def fit(features: Array, numbers: Array) -> Callable[[Array], Array]:
            from sklearn.ensemble import GradientBoostingRegressor

            model = GradientBoostingRegressor(
                n_estimators=n_trees, learning_rate=0.05, max_depth=3, min_samples_leaf=10, random_state=0, **settings
            )  # fmt: skip
            return model.fit(features, numbers).predict

        return fit

    tail = (1 - LEVEL) / 2
    return {
        "boosted": of(),
        "boosted_low": of(loss="quantile", alpha=tail),
        "boosted_high": of(loss="quantile", alpha=1 - tail),
    }
