"""The figures of the confusion and example pages, as data."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

from app.charts import layout
from app.charts.confusion import CELLS, SHARES, cell_fills, cell_shares, clicked, confusion
from app.charts.number_line import number_line
from app.palette import DARK, LIGHT, Palette
from metrics_core.tally.outcomes import outcomes

COUNTS = outcomes(tp=30, fp=5, fn=10, tn=955)


def texts(figure) -> str:
    return "\n".join(annotation.text for annotation in figure.layout.annotations)


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        ("true", [[30 / 40, 10 / 40], [5 / 960, 955 / 960]]),
        ("predicted", [[30 / 35, 10 / 965], [5 / 35, 955 / 965]]),
        ("all", [[0.03, 0.01], [0.005, 0.955]]),
        ("counts", [[0.03, 0.01], [0.005, 0.955]]),
    ],
)
def test_cells_are_shares_of_what_was_asked_for(share, expected):
    np.testing.assert_allclose(cell_shares(COUNTS, share), expected)


@pytest.mark.parametrize("share", SHARES)
def test_every_cell_names_its_outcome_count_and_percentage(share):
    figure = confusion(COUNTS, ("0", "1"), LIGHT, share=share)
    written = texts(figure)
    for word in ("True positives", "False negatives", "False positives", "True negatives"):
        assert word in written
    hover = figure.data[1].hovertext
    for text, count in zip(hover, ("30", "10", "5", "955"), strict=True):
        assert f"<br>{count} · " in text
        assert "%" in text


def test_rows_are_actual_and_positive_comes_first():
    figure = confusion(COUNTS, ("0", "1"), LIGHT)
    cells = figure.data[1]
    at = dict(zip([c[0] for c in cells.customdata], zip(cells.x, cells.y, strict=True), strict=True))
    assert at == {"tp": (0, 0), "fn": (1, 0), "fp": (0, 1), "tn": (1, 1)}
    assert figure.layout.yaxis.range == (1.5, -0.5)  # the first row is on top


def test_the_margins_hold_totals_and_their_rates():
    written = texts(confusion(COUNTS, ("0", "1"), LIGHT))
    for line in ("<b>40</b> rows<br>Recall 75.0%<br>FNR 25.0%", "<b>960</b> rows<br>FPR 0.5%<br>Specificity 99.5%",
                 "<b>35</b> rows<br>Precision 85.7%", "<b>965</b> rows<br>NPV 99.0%", "<b>1,000</b> rows<br>Accuracy 98.5%"):  # fmt: skip
        assert line in written


def test_a_rate_without_rows_is_not_available_rather_than_zero():
    figure = confusion(outcomes(0, 0, 4, 6), ("0", "1"), LIGHT, share="predicted")
    assert "Precision n/a" in texts(figure)
    assert np.isnan(cell_shares(outcomes(0, 0, 4, 6), "predicted")[0, 0])


def test_labels_of_the_file_are_text_and_never_markup():
    written = texts(confusion(COUNTS, ("<b>no</b>", "<a href='x'>" + "y" * 60), LIGHT))
    assert "&lt;b&gt;no&lt;/b&gt;" in written
    assert "<a" not in written
    assert "y" * 40 not in written


def test_each_cell_keeps_the_colour_of_its_outcome():
    figure = confusion(COUNTS, ("0", "1"), LIGHT)
    fills = [fill for _, fill in figure.data[0].colorscale]
    for fill, code in zip(fills, itertools.chain(*CELLS), strict=True):
        assert fill.startswith(layout.faded(LIGHT.outcome(code), 0)[:-2])


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_numbers_on_the_fullest_cell_can_be_read(palette: Palette):
    for fill in cell_fills(np.ones((2, 2)), palette):
        assert contrast(palette.text, over(fill, palette.surface)) >= 4.5


def test_a_click_is_the_outcome_of_its_cell_and_a_cleared_selection_is_none():
    assert clicked({"selection": {"points": [{"customdata": ["fn"]}]}}) == "fn"
    assert clicked({"selection": {"points": []}}) is None
    assert clicked({"selection": {"points": [{"customdata": ["<script>"]}]}}) is None
    assert clicked(None) is None


def test_the_number_line_marks_score_threshold_and_what_is_flagged():
    figure = number_line(0.08, 0.25, (0.0, 1.0), "fn", LIGHT)
    assert [trace.name for trace in figure.data] == ["scale", "flagged", "score"]
    assert figure.data[1].x == (0.25, 1.0)
    assert figure.data[2].x == (0.08,)
    assert figure.data[2].marker.color == LIGHT.fn
    assert figure.layout.annotations[0].text == "threshold 0.250"


def test_the_number_line_grows_to_a_threshold_beyond_the_scores():
    figure = number_line(2.0, 9.0, (-1.0, 3.0), "tn", LIGHT)
    assert figure.data[0].x == (-1.0, 9.0)
    assert [t.name for t in number_line(2.0, None, (2.0, 2.0), "tn", LIGHT).data] == ["scale", "score"]


def over(fill: str, surface: str) -> tuple[float, ...]:
    *channels, alpha = (float(part) for part in re.findall(r"[\d.]+", fill))
    below = [int(surface[i : i + 2], 16) for i in (1, 3, 5)]
    return tuple(alpha * c + (1 - alpha) * b for c, b in zip(channels, below, strict=True))


def luminance(channels: tuple[float, ...]) -> float:
    parts = [c / 255 for c in channels]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(ink: str, ground: tuple[float, ...]) -> float:
    both = sorted((luminance(tuple(int(ink[i : i + 2], 16) for i in (1, 3, 5))), luminance(ground)))
    return (both[1] + 0.05) / (both[0] + 0.05)
