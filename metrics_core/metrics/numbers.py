"""The metrics of every task whose truth is a number: a row here and, if its formula is new, a function in ``residuals``."""

from __future__ import annotations

from functools import partial
from math import inf

from ..tally.numbers import NumberTally, OrderTally
from . import residuals
from .spec import MetricSpec

_NO_ROW = "there are no rows"
_SAME = "the true values are all the same"


def metrics_of_numbers(task: str) -> tuple[MetricSpec, ...]:
    """Return the table rows that tasks of numbers share.

    Parameters
    ----------
    task : str
        The task they are to belong to.
    """
    row = partial(MetricSpec, task=task, of=NumberTally, better="lower", low=0.0, high=inf, interval="normal")
    return (
        row(
            key="mae", label="Mean absolute error", fn=partial(residuals.mean_of, name="absolute"), undefined_when=_NO_ROW,
            primary=True, about="Mean size of the errors, in the unit of the target.",
            source="scikit-learn mean_absolute_error", synonyms=("MAE", "L1"),
        ),
        row(
            key="mse", label="Mean squared error", fn=partial(residuals.mean_of, name="squared"), undefined_when=_NO_ROW,
            about="Mean of the squared errors, in the squared unit of the target; a few large errors decide it.",
            source="scikit-learn mean_squared_error", synonyms=("MSE", "L2", "Brier"),
        ),
        row(
            key="rmse", label="RMSE", fn=residuals.rmse, undefined_when=_NO_ROW, primary=True,
            about="Root of the mean squared error, in the unit of the target; far above the MAE when a few errors are large.",
            source="scikit-learn root_mean_squared_error", synonyms=("root mean squared error",),
        ),
        row(
            key="r2", label="R²", fn=residuals.r2, better="higher", low=-inf, high=1.0, undefined_when=_SAME, primary=True,
            about="Share of the spread of the true values around their mean that the predictions explain; 0 for predicting that mean, below 0 for worse.",
            source="scikit-learn r2_score", synonyms=("R2", "coefficient of determination"),
        ),
        row(
            key="mape", label="MAPE", fn=residuals.mape, unit="share",
            undefined_when="a true value is 0, or nearer to 0 than a hundred-thousandth of their mean size: read wape",
            about="Mean size of the errors as fractions of the true values.",
            source="scikit-learn mean_absolute_percentage_error", synonyms=("mean absolute percentage error",),
        ),
        row(
            key="wape", label="WAPE", fn=residuals.wape, unit="share",
            undefined_when="every true value is 0",
            about="Sum of the sizes of the errors over the sum of the sizes of the true values.",
            source="Kolassa and Schütz (2007)", synonyms=("weighted absolute percentage error", "MAD/Mean", "weighted MAPE"),
        ),
        row(
            key="smape", label="sMAPE (0 to 200)", fn=partial(residuals.mean_of, name="symmetric"), high=200.0, undefined_when=_NO_ROW,
            about="Mean of 200 · |error| / (|truth| + |prediction|), in percent as in the M4 competition; a row in which both are 0 counts 0.",
            source="Makridakis, Spiliotis and Assimakopoulos (2020)", synonyms=("symmetric mean absolute percentage error",),
        ),
        row(
            key="median_absolute_error", label="Median absolute error", fn=residuals.median_absolute_error, of=OrderTally,
            interval="order", undefined_when=_NO_ROW,
            about="Size that half of the errors stay below, in the unit of the target; single large errors do not move it.",
            source="scikit-learn median_absolute_error", synonyms=("MedAE",),
        ),
        row(
            key="max_error", label="Largest error", fn=residuals.max_error, interval="none", undefined_when=_NO_ROW,
            about="Size of the largest error, in the unit of the target.",
            source="scikit-learn max_error",
        ),
        row(
            key="bias", label="Bias", fn=partial(residuals.mean_of, name="error"), better="neither", low=-inf,
            undefined_when=_NO_ROW, primary=True,
            about="Mean of prediction minus truth, in the unit of the target; above 0 the model predicts too high on average.",
            source="mean error", synonyms=("mean error", "ME", "mean bias error"),
        ),
        row(
            key="explained_variance", label="Explained variance", fn=residuals.explained_variance, better="higher", low=-inf, high=1.0,
            undefined_when=_SAME,
            about="R² as if the bias were taken off every prediction first.",
            source="scikit-learn explained_variance_score",
        ),
        row(
            key="d2_absolute_error", label="D² absolute error", fn=residuals.d2_absolute_error, of=OrderTally, better="higher", low=-inf, high=1.0,
            undefined_when=_SAME, primary=True,
            about="Share by which the mean absolute error is below that of always predicting the median of the true values.",
            source="scikit-learn d2_absolute_error_score", synonyms=("D2",),
        ),
        row(
            key="pinball", label="Pinball loss", fn=partial(residuals.mean_of, name="pinball"), undefined_when=_NO_ROW,
            about="Mean pinball loss of the predicted quantiles; without any the prediction counts as the median.",
            source="scikit-learn mean_pinball_loss", synonyms=("quantile loss",),
        ),
        row(
            key="crps", label="CRPS of the quantiles", fn=partial(residuals.mean_of, name="crps"), needs="quantile", undefined_when=_NO_ROW,
            about="Twice the mean pinball loss of the predicted quantiles: the more of them and the more evenly spread, the nearer to the continuous ranked probability score. In the unit of the target.",
            source="Gneiting and Ranjan (2011)", synonyms=("continuous ranked probability score", "weighted interval score", "WIS"),
        ),
        row(
            key="interval_score", label="Interval score", fn=partial(residuals.mean_of, name="interval_score"), needs="interval",
            undefined_when=_NO_ROW,
            about="Width of the predicted interval plus 2 / (1 − level) times how far outside of it the truth lies; the mean over the intervals when there are several.",
            source="Gneiting and Raftery (2007)", synonyms=("Winkler score",),
        ),
        row(
            key="coverage@level", label="Coverage at level", fn=residuals.coverage, better="neither", high=1.0, unit="share", interval="wilson",
            needs="interval", undefined_when=_NO_ROW, primary=True,
            about="Share of the true values inside the predicted interval, its ends included; it should be the level.",
            source="counted",
        ),
        row(
            key="width@level", label="Width at level", fn=residuals.width, better="neither", low=-inf, needs="interval", undefined_when=_NO_ROW,
            about="Mean width of the predicted interval, in the unit of the target.",
            source="counted", synonyms=("sharpness",),
        ),
        row(
            key="gaussian_nll", label="Gaussian negative log-likelihood", fn=partial(residuals.mean_of, name="gaussian_nll"), low=-inf,
            needs="deviation", undefined_when=_NO_ROW,
            about="Mean negative log density of the truth under a normal distribution around the prediction with the predicted standard deviation, in nats.",
            source="Nix and Weigend (1994)", synonyms=("NLL", "log score"),
        ),
    )  # fmt: skip
