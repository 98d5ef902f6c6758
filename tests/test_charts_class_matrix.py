"""The matrix of many classes as data: which classes, in which order, in which colours, and what a click means."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from app.charts import layout
from app.charts.class_matrix import class_matrix, clicked, tall_enough
from app.charts.class_order import KEPT, MOST, OTHER, SHARES, ClassMatrix, arranged
from app.palette import DARK, LIGHT, Palette
from metrics_core.tally.confusion import ConfusionTally, confusion

# a is taken for c and c for a; d is taken for b; nothing else goes wrong but one row of b.
COUNTS = [[90, 0, 10, 0], [1, 49, 0, 0], [5, 0, 35, 0], [0, 4, 0, 6]]
LABELS = ("a", "b", "c", "d")


@pytest.fixture
def matrix() -> ClassMatrix:
    return arranged(confusion(COUNTS), LABELS)


def drawn(figure) -> dict[str, object]:
    return {trace.name: trace for trace in figure.data}


def firsts(trace) -> list[str]:
    """The number of each cell, without the small one below it."""
    return [text.partition("<br>")[0] for text in trace.text]


def ring(k: int) -> ConfusionTally:
    """One class more than the next: class i has i mistakes, all of them taken for class i + 1."""
    counts = 1000 * np.eye(k, dtype=np.int64)
    counts[np.arange(k), (np.arange(k) + 1) % k] += np.arange(k)
    return confusion(counts)


def test_rows_are_true_columns_predicted_and_all_classes_are_there(matrix):
    assert matrix.counts.tolist() == COUNTS
    assert matrix.complete
    assert (matrix.errors, matrix.errors_shown) == (20, 20)


@pytest.mark.parametrize(
    ("share", "expected"), [("counts", 10), ("true", 10 / 100), ("predicted", 10 / 45), ("all", 10 / 200)]
)
def test_a_cell_is_what_was_asked_for(matrix, share, expected):
    assert matrix.values(share)[0, 2] == pytest.approx(expected)


def test_a_class_that_was_never_predicted_has_no_share_of_its_predictions():
    values = arranged(confusion([[3, 0], [2, 0]]), ("x", "y")).values("predicted")
    assert np.isnan(values[:, 1]).all()


def test_side_by_side_stand_those_that_are_confused_most():
    found = arranged(confusion(COUNTS), LABELS, "similar")
    at = {label: i for i, label in enumerate(found.shown)}
    assert abs(at["a"] - at["c"]) == 1
    assert abs(at["b"] - at["d"]) == 1
    i, j = at["a"], at["c"]
    assert found.counts[i, j] == 10
    assert found.support[i] == 100
    assert found.decided[j] == 45


def test_without_mistakes_the_order_of_the_file_stays():
    assert arranged(confusion(np.diag([3, 2, 1])), LABELS[:3], "similar").shown == LABELS[:3]


def test_a_chain_of_confusions_is_laid_out_as_a_chain():
    counts = 100 * np.eye(5, dtype=int)
    for a, b in ((0, 3), (3, 1), (1, 4), (4, 2)):
        counts[a, b] = 20
    found = arranged(confusion(counts), tuple("vwxyz"), "similar").codes.tolist()
    assert found in ([0, 3, 1, 4, 2], [2, 4, 1, 3, 0])


def test_up_to_sixty_classes_are_all_shown_and_of_more_the_worst_thirty():
    assert arranged(ring(MOST), tuple(map(str, range(MOST)))).complete
    k = MOST + 1
    found = arranged(ring(k), tuple(map(str, range(k))))
    assert not found.complete
    assert found.codes.tolist() == list(range(k - KEPT, k))
    assert found.errors == sum(range(k))
    # the last one's mistakes go to the first class, which is not among them
    assert found.errors_shown == sum(range(k - KEPT, k - 1))
    assert found.support[-1] == 1000 + k - 1


def test_right_and_wrong_stand_on_colour_scales_of_their_own(matrix):
    traces = drawn(class_matrix(matrix, LIGHT))
    right, wrong = traces["right"], traces["wrong"]
    assert (right.zmax, wrong.zmax) == (90, 10)
    assert right.colorscale != wrong.colorscale
    assert np.isnan(np.asarray(right.z, dtype=float)[~np.eye(4, dtype=bool)]).all()
    assert np.isnan(np.asarray(wrong.z, dtype=float)[np.eye(4, dtype=bool)]).all()
    assert np.nansum(np.asarray(wrong.z, dtype=float)) == 20


def test_hidden_right_predictions_have_neither_colour_nor_number(matrix):
    traces = drawn(class_matrix(matrix, LIGHT, diagonal=False))
    assert {color for _, color in traces["right"].colorscale} == {LIGHT.grid}
    assert sorted(firsts(traces["numbers"])) == ["1", "10", "4", "5"]
    assert not traces["right"].showscale


def test_cells_hold_their_number_and_empty_ones_none(matrix):
    assert sorted(firsts(drawn(class_matrix(matrix, LIGHT))["numbers"])) == ["1", "10", "35", "4", "49", "5", "6", "90"]  # fmt: skip
    shares = firsts(drawn(class_matrix(matrix, LIGHT, share="true"))["numbers"])
    assert "10.0%" in shares
    assert "60.0%" in shares


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("share", ["counts", "true", "predicted"])
def test_every_number_can_be_read_on_its_cell(palette: Palette, share):
    rng = np.random.default_rng(3)
    matrix = arranged(confusion(rng.integers(0, 60, (9, 9))), tuple("abcdefghi"))
    traces = drawn(class_matrix(matrix, palette, share=share))
    for x, y, ink in zip(traces["numbers"].x, traces["numbers"].y, traces["numbers"].textfont.color, strict=True):  # fmt: skip
        heat = traces["right" if x == y else "wrong"]
        place = float(np.asarray(heat.z, dtype=float)[y, x]) / heat.zmax
        stops = list(heat.colorscale)
        (low, below), (high, above) = next((a, b) for a, b in itertools.pairwise(stops) if b[0] >= place)  # fmt: skip
        ground = layout.blended(above, below, (place - low) / (high - low))
        assert layout.contrast(ink, ground) >= 4.5


@pytest.mark.parametrize("k", [2, 12, 13, 30, 31, 60])
def test_two_to_sixty_classes_have_every_name_and_a_target_for_every_cell(k):
    names = tuple(f"class {i}" for i in range(k))
    figure = class_matrix(arranged(ring(k), names), LIGHT)
    assert figure.layout.height == tall_enough(k)
    assert figure.layout.xaxis.ticktext == figure.layout.yaxis.ticktext == names
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("Predicted", "Actual")
    cells = drawn(figure)["cells"]
    assert len(cells.x) == k * k
    at = [list(pair) for pair in cells.customdata].index([1, 0])
    assert (cells.x[at], cells.y[at]) == (0, 1)
    assert ("numbers" in drawn(figure)) == (k <= 30)


def test_a_small_figure_of_many_classes_keeps_its_height_and_writes_no_numbers():
    figure = class_matrix(arranged(ring(20), tuple(map(str, range(20)))), LIGHT, height=layout.TALL)
    assert figure.layout.height == layout.TALL
    assert "numbers" not in drawn(figure)


def test_what_is_hovered_says_rows_and_both_shares(matrix):
    cells = drawn(class_matrix(matrix, LIGHT))["cells"]
    text = next(t for t in cells.hovertext if t.startswith("<b>a</b> taken for <b>c</b>"))
    assert "10 rows" in text
    assert "10.0% of actual a" in text
    assert "22.2% of predicted c" in text


def test_class_names_of_the_file_are_text_and_never_markup():
    names = ("<b>no</b>", "<a href='x'>" + "y" * 60)
    figure = class_matrix(arranged(confusion([[3, 1], [2, 4]]), names), LIGHT)
    assert figure.layout.xaxis.ticktext[0] == "&lt;b&gt;no&lt;/b&gt;"
    assert "<a" not in "".join(drawn(figure)["cells"].hovertext)
    assert "y" * 40 not in figure.layout.yaxis.ticktext[1]


def test_sums_of_weights_are_called_weights():
    matrix = arranged(confusion([[2.5, 0.5], [0, 1.5]]), ("x", "y"))
    text = drawn(class_matrix(matrix, LIGHT, unit="weight"))["cells"].hovertext[1]
    assert "weight 0.5" in text
    assert "row" not in text.replace("the rows", "")


def event(*customdata: object) -> dict[str, object]:
    return {"selection": {"points": [{"customdata": list(customdata)}]}}


def test_a_click_is_a_true_and_a_predicted_class():
    assert clicked(event(2, 0), LABELS) == ("c", "a")
    assert clicked({"selection": {"points": []}}, LABELS) is None
    assert clicked(None, LABELS) is None


@pytest.mark.parametrize("customdata", [(4, 0), (-1, 0), ("a", "b"), (1,), (0.5, 1)])
def test_a_click_on_what_is_no_cell_is_no_click(customdata):
    assert clicked(event(*customdata), LABELS) is None


# ------------------------------------------------------------------------------------------------ some of many


def test_a_share_stands_over_its_count_and_a_count_over_its_share_of_the_actual_class(matrix):
    by_share = drawn(class_matrix(matrix, LIGHT, share="predicted"))["numbers"].text
    by_count = drawn(class_matrix(matrix, LIGHT))["numbers"].text
    assert any(text.startswith("22.2%<br>") and ">10<" in text for text in by_share)
    assert any(text.startswith("10<br>") and ">10.0%<" in text for text in by_count)


def test_classes_that_are_left_out_stand_last_as_one():
    some = arranged(confusion(COUNTS), LABELS, chosen=["c", "a"], other=True)
    assert some.shown == ("a", "c", OTHER)
    assert some.counts.tolist() == [[90, 10, 0], [5, 35, 0], [1, 0, 59]]
    assert (some.support.tolist(), some.decided.tolist()) == ([100, 40, 60], [96, 45, 59])
    assert (some.errors, some.errors_shown, some.complete) == (20, 15, False)


@pytest.mark.parametrize("share", SHARES)
def test_the_cell_of_other_against_other_has_no_colour_and_leads_nowhere(share):
    some = arranged(confusion(COUNTS), LABELS, "similar", chosen=["c", "a"], other=True)
    traces = drawn(class_matrix(some, LIGHT, share=share))
    assert np.isnan(traces["right"].z[-1, -1])
    last = traces["cells"].customdata[-1]
    assert clicked({"selection": {"points": [{"customdata": list(last)}]}}, LABELS) is None
    assert "right or wrong" in traces["cells"].hovertext[-1]
    assert "Click" not in traces["cells"].hovertext[-1]


def test_all_classes_leave_nothing_for_other():
    assert arranged(confusion(COUNTS), LABELS, other=True).complete


def test_small_cells_can_be_looked_at_closer_and_large_ones_need_not():
    small, large = (class_matrix(arranged(ring(k), tuple(map(str, range(k)))), LIGHT) for k in (20, 5))
    assert (small.layout.dragmode, small.layout.xaxis.fixedrange) == ("zoom", False)
    assert (large.layout.dragmode, large.layout.xaxis.fixedrange) == (None, None)
