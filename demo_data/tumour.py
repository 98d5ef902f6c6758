"""The ``tumour`` demo: two models on the breast-cancer measurements that come with scikit-learn.

``demo_data/SOURCES.md`` names the authors and the licence of the data.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pyarrow as pa

from demo_data.folds import Array, assign_folds, out_of_fold

N_TREES = 100
DECIMALS = 9
"""Of the scores: with six, one malignant case in five would have the same 1.0 from the logistic regression."""
MEDIUM_FROM, LARGE_FROM = 12.0, 15.0
"""Mean radius from which a nucleus is called medium and large; it is small below both."""

MEASURES: Mapping[str, int] = MappingProxyType(
    {"mean radius": 2, "mean texture": 2, "mean smoothness": 4, "mean concavity": 4, "worst area": 1}
)
"""The measurements that go into the file, with their decimals. The models see all thirty, unrounded."""


def tumour_table(*, n_trees: int = N_TREES) -> pa.Table:
    """Score every case with a logistic regression and a random forest that did not see it.

    Parameters
    ----------
    n_trees : int
        Trees of the forest.

    Returns
    -------
    pyarrow.Table
        One row a case, in scikit-learn's order.
    """
    from sklearn.datasets import load_breast_cancer
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    cases = load_breast_cancer()
    malignant = cases.target == list(cases.target_names).index("malignant")
    folds = assign_folds(malignant)
    # Newton steps end at the same coefficients on any machine; the usual solver stops somewhere near them.
    logistic = make_pipeline(StandardScaler(), LogisticRegression(solver="newton-cholesky"))
    forest = RandomForestClassifier(n_trees, min_samples_leaf=2, random_state=0)
    scores = {
        name: out_of_fold(model, cases.data, malignant, folds)[:, 1].round(DECIMALS)
        for name, model in (("logistic", logistic), ("forest", forest))
    }
    names = list(cases.feature_names)
    measured = {
        name.replace(" ", "_"): cases.data[:, names.index(name)].round(decimals)
        for name, decimals in MEASURES.items()
    }
    return pa.table(
        {
            "case_id": [f"C{number:03d}" for number in range(1, len(malignant) + 1)],
            "diagnosis": np.where(malignant, "malignant", "benign"),
            **scores,
            "fold": folds,
            "nucleus_size": _sizes(measured["mean_radius"]),
            **measured,
        }
    )


def _sizes(radius: Array) -> Array:
    """Name the size of the nuclei."""
    return np.array(["small", "medium", "large"])[np.digitize(radius, [MEDIUM_FROM, LARGE_FROM])]
