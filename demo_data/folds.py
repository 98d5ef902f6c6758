"""Scores for every row of a table from models that did not see the row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

N_FOLDS = 5
SEED = 0

Array = npt.NDArray[Any]


class Classifier(Protocol):
    """What a model must be able to do."""

    def fit(self, features: Array, labels: Array) -> Any:
        """Learn from rows; what an earlier call learned is forgotten."""

    def predict_proba(self, features: Array) -> Array:
        """Return a probability for each row and class, the classes in ascending order."""


def assign_folds(labels: Array) -> npt.NDArray[np.int64]:
    """Deal the rows into five folds with the same mix of classes.

    Parameters
    ----------
    labels : ndarray of shape (n_rows,)

    Returns
    -------
    ndarray of shape (n_rows,)
        1 to 5; the same for the same labels.
    """
    from sklearn.model_selection import StratifiedKFold

    folds = np.zeros(len(labels), dtype=np.int64)
    split = StratifiedKFold(N_FOLDS, shuffle=True, random_state=SEED).split(labels, labels)
    for number, (_, held_out) in enumerate(split, start=1):
        folds[held_out] = number
    return folds


def out_of_fold(model: Classifier, features: Array, labels: Array, folds: Array) -> npt.NDArray[np.float64]:
    """Score the rows of each fold with the model trained on the rows of all other folds.

    Parameters
    ----------
    model : Classifier
        Trained anew for every fold.
    features : ndarray of shape (n_rows, n_features)
    labels, folds : ndarray of shape (n_rows,)

    Returns
    -------
    ndarray of shape (n_rows, n_classes)
        Probabilities, the classes in ascending order.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

    scores = np.full((len(labels), len(np.unique(labels))), np.nan)
    # One thread: more of them may add in another order and round differently.
    with threadpool_limits(1):
        for fold in np.unique(folds):
            held_out = folds == fold
            model.fit(features[~held_out], labels[~held_out])
            scores[held_out] = model.predict_proba(features[held_out])
    return scores


def predicted_out_of_fold(
    fit: Callable[[Array, Array], Callable[[Array], Array]], features: Array, numbers: Array, folds: Array
) -> npt.NDArray[np.float64]:
    """Predict the number of each row with a model of the rows of all other folds.

    Parameters
    ----------
    fit : callable
        From features and numbers to what predicts; called anew for every fold.
    features : ndarray of shape (n_rows, n_features)
    numbers, folds : ndarray of shape (n_rows,)

    Returns
    -------
    ndarray of shape (n_rows,)
    """
    from threadpoolctl import threadpool_limits

    found = np.full(len(numbers), np.nan)
    with threadpool_limits(1):
        for fold in np.unique(folds):
            held_out = folds == fold
            found[held_out] = fit(features[~held_out], numbers[~held_out])(features[held_out])
    return found
