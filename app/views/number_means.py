"""Whether predictions are right on average: along the prediction, and along time."""

from __future__ import annotations

import math

import pyarrow as pa
import streamlit as st

from app import numbers, state
from app.charts.mean_curve import mean_curve_figure
from app.charts.residual_memory import memory_figure
from app.palette import palette
from app.views.figure_card import draw, head
from app.views.figure_files import figure_files
from app.views.gate import Shown
from app.views.number_kept import moments_of, of_view, probability, target_of
from metrics_core.number_calibration import MeanCurve, MeanLine, mean_curve, mean_line
from metrics_core.residual_memory import Memory, memory

#: A correlation smaller than this is of little effect, however sure it is.
_SLIGHT = 0.1
_SURE = 0.05


def number(value: float) -> str:
    """Write a number for Markdown."""
    return numbers.plain(numbers.number(value))


def mean_where_high(shown: Shown, key: str) -> None:
    """Draw the mean of the truths along the prediction, and say what it would be worth to correct it."""
    cases = shown.of_model.number_cases
    line, curve = of_view(shown, "means", lambda: (mean_line(cases), mean_curve(cases)))
    head("Is the mean right where it predicts high?", "Above the dashed line the truths are higher on average than predicted, below it lower.")  # fmt: skip
    st.markdown(line_in_words(line))
    figure = mean_curve_figure(curve, line, palette(state.scheme()), target=target_of(shown))
    draw(figure, key, f"Mean of actual {target_of(shown)} along the prediction, as a curve that only rises")
    st.markdown(parts_in_words(curve))
    table = pa.table({"from": curve.low, "to": curve.high, "rows": curve.rows, "mean_of_truth": curve.value})
    figure_files(shown, key, "Mean of the truths along the prediction", table, key=f"{key}.csv")


def line_in_words(line: MeanLine) -> str:
    """Say how far the truths move with the prediction (Markdown)."""
    if line.reason:
        return f"There is no line through these rows: {line.reason}."
    span, off = line.of_slope, line.of_off
    rises = f"Where the prediction is higher by 1, the truth is higher by **{line.slope:.2f}** on average"
    if span.low is None or span.high is None:
        return f"{rises}; {span.reason}."
    said = f"{rises} (95% {numbers.plain(f'{span.low:.2f} to {span.high:.2f}')}): "
    if span.low > 1:
        said += (
            "predictions lie too close together, high ones are too low for what comes and low ones too high."
        )
    elif span.high < 1:
        said += "predictions lie too far apart, high ones are too high for what comes and low ones too low."
    else:
        said += "as far as these rows tell, high predictions are as right as low ones."
    if off.low is not None and off.high is not None and not off.low <= 0 <= off.high:
        said += f" On the whole the truths are {'higher' if line.off > 0 else 'lower'} by {number(abs(line.off))}."
    if not math.isnan(line.p):
        said += f" Slope 1 and equal means together: p {probability(line.p)}."
    return said


def parts_in_words(curve: MeanCurve) -> str:
    """Say how the squared error divides (Markdown)."""
    if not math.isfinite(curve.mse):
        return "The squared error is too large for a number, so it has no parts."
    c = curve.chance
    said = f"Mean squared error **{number(curve.mse)}** = miscalibration {number(curve.mcb)} − discrimination {number(curve.dsc)} + variance of the truths {number(curve.unc)}."  # fmt: skip
    if curve.mse == 0:
        return said
    saved = f" Correcting by the curve would take {numbers.share(curve.mcb / curve.mse)} off these rows; chance alone gives {numbers.share(c.mean / curve.mse)}, and up to {numbers.share(c.high / curve.mse)} in 95 of 100 draws"  # fmt: skip
    return f"{said}{saved}: {'more than chance' if c.share < _SURE else 'chance explains it'}."


def has_time(shown: Shown) -> bool:
    """Tell whether a column says when each row was."""
    return shown.predictions.roles.time is not None


def along_time(shown: Shown, key: str) -> None:
    """Draw how far the error at one moment tells that of the moments after it."""
    cases = shown.of_model.number_cases
    head("Do errors follow each other?", "Mean error of each time against that of earlier times: beyond the band, one error tells the next.")  # fmt: skip

    def make() -> Memory | str:
        when = moments_of(shown)
        return when if isinstance(when, str) else memory(cases, *when)

    found = of_view(shown, "memory", make)
    if isinstance(found, str) or found.reason:
        why = found if isinstance(found, str) else f"It cannot be said: {found.reason}."
        st.caption(numbers.plain(why))
        return
    st.markdown(memory_in_words(found))
    draw(memory_figure(found, palette(state.scheme())), key, "Correlation of the errors with those of earlier times")  # fmt: skip
    table = pa.table({"moments_before": found.lag, "correlation": found.correlation, "reach_95": found.reach})
    figure_files(shown, key, "Errors against earlier ones", table, key=f"{key}.csv")


def memory_in_words(found: Memory) -> str:
    """Say first how strong, then how sure (Markdown)."""
    first = float(found.correlation[0])
    said = f"The error of one time and that of the next correlate by **{numbers.plain(f'{first:.2f}')}** (Durbin–Watson {found.durbin_watson:.2f}, 2 without memory) over {numbers.count(found.moments)} times."  # fmt: skip
    strongest = int(found.lag[abs(found.correlation).argmax()])
    top = float(found.correlation[strongest - 1])
    if found.p > _SURE:
        verdict = "chance explains it"
    elif abs(top) < _SLIGHT:
        verdict = "more than chance, yet of little effect"
    else:
        verdict = (
            f"more than chance; strongest {numbers.count(strongest)} before ({numbers.plain(f'{top:.2f}')})"
        )
        verdict += ". Errors come in runs: where the truth is known in time, the last errors would improve the next prediction"
    return f"{said} Ljung–Box over {found.lag.size} lags is {found.ljung_box:,.1f}, p {probability(found.p)}: {verdict}."  # fmt: skip
