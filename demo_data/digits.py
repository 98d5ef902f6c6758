"""The ``digits`` demo: a model on the pictures of handwritten digits that come with scikit-learn.

``demo_data/SOURCES.md`` names the authors and the licence of the data.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from demo_data.folds import assign_folds, out_of_fold
from demo_data.pictures import data_uri, enlarged, png

DARKEST = 16
"""The value of a pixel full of ink; 0 is blank paper."""
MARGIN, ENLARGED = 1, 8
"""Blank pixels around a picture, and the side of the square that each pixel becomes: 80 by 80 in the file."""
DECIMALS = 6
STRENGTH = 0.2
"""scikit-learn's C: small, so that the model is held back and errs often enough to be looked at."""


def digits_table(*, n_images: int | None = None) -> pa.Table:
    """Score every picture with a logistic regression that did not see it.

    Parameters
    ----------
    n_images : int, optional
        Take only the first so many pictures; all 1797 by default.

    Returns
    -------
    pyarrow.Table
        One row a picture, in scikit-learn's order.
    """
    from sklearn.datasets import load_digits
    from sklearn.linear_model import LogisticRegression

    digits = load_digits()
    pictures, truth = digits.images[:n_images], digits.target[:n_images]
    folds = assign_folds(truth)
    # Newton steps end at the same coefficients on any machine; the usual solver stops somewhere near them.
    model = LogisticRegression(C=STRENGTH, solver="newton-cholesky")
    scores = out_of_fold(model, digits.data[:n_images] / DARKEST, truth, folds).round(DECIMALS)
    return pa.table(
        {
            "image_id": [f"D{number:04d}" for number in range(1, len(truth) + 1)],
            "image": [data_uri(png(_grey(picture))) for picture in pictures],
            "digit": truth.astype(str),
            "predicted": scores.argmax(axis=1).astype(str),
            **{f"proba_{digit}": scores[:, digit] for digit in digits.target_names},
            "fold": folds,
            "ink": (pictures.mean(axis=(1, 2)) / DARKEST).round(3),
            "slant": _slant(pictures).round(2) + 0.0,  # no -0.0
        }
    )


def _grey(picture: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    """Draw a picture as dark ink on white paper, with a margin and large enough to be seen."""
    paper = np.pad(picture, MARGIN)
    return enlarged((255 * (1 - paper / DARKEST)).round().astype(np.uint8), ENLARGED)


def _slant(pictures: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return how many columns the ink moves to the right with each row up: a line fitted to where the ink is."""
    rows, columns = np.indices(pictures.shape[1:])
    ink = pictures.sum(axis=(1, 2), keepdims=True)
    height = rows - (pictures * rows).sum(axis=(1, 2), keepdims=True) / ink
    side = columns - (pictures * columns).sum(axis=(1, 2), keepdims=True) / ink
    moved: npt.NDArray[np.float64] = (pictures * height * side).sum(axis=(1, 2))
    return -moved / (pictures * height**2).sum(axis=(1, 2))
