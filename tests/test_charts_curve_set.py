"""Gains, lift, DET and the bands of all curves as drawn, for models and for classes alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from app.charts import curve_set
from app.charts.curve_axes import Axis
from app.charts.curve_set import KINDS, Scored
from app.charts.curve_traces import Drawn, clicked
from app.palette import DARK, LIGHT
from metrics_core.errors import DataError
from metrics_core.tally import ScoreTally
from tests.tables import Rows, random_rows, rows

CUT = 0.5
COMMON, RARE = random_rows(31, 1500, share=0.3), random_rows(32, 4000, share=0.02)
APART = rows("-" * 20 + "+" * 20, [i / 40 for i in range(40)])


def scored(drawn: Rows = COMMON, names: tuple[str, ...] = ("forest",), cut: float = CUT) -> list[Scored]:
    """Some curves; every second one is no better than chance."""
    tally = drawn.tally()
    worse = replace(drawn, score=np.random.default_rng(0).random(len(drawn))).tally()
    tallies = [tally if i % 2 == 0 else worse for i in range(len(names))]
    return [
        Scored(name, t, t.outcomes(cut), i) for i, (name, t) in enumerate(zip(names, tallies, strict=True))
    ]


def points(kind: str, of: list[Scored], bands: frozenset[str] | None = None) -> list[Drawn]:
    current = of[0].name
    bands = curve_set.banded([one.name for one in of], current) if bands is None else bands
    return curve_set.drawn(
        KINDS[kind], of, curve_set.computed(KINDS[kind], of, current, bands=bands, replicates=100)
    )


def figure_of(kind: str, of: list[Scored] | None = None, palette=LIGHT, bands=None):
    of = of or scored()
    shown = points(kind, of, bands)
    return curve_set.curve_figure(KINDS[kind], shown, of[0].name, palette, decided=f"score ≥ {CUT}")


def traces(figure, name: str) -> list:
    return [trace for trace in figure.data if trace.name == name]


def texts(figure) -> str:
    return "\n".join(note.text for note in figure.layout.annotations)


# ------------------------------------------------------------------------------------------------ every kind


@pytest.mark.parametrize("kind", KINDS)
def test_a_click_on_any_curve_gives_a_threshold_that_leads_to_its_point(kind: str) -> None:
    (found,) = traces(figure_of(kind), "points")
    assert 10 < len(found.x) <= 5000
    drawn = points(kind, scored())[0]
    for data in found.customdata[1 :: len(found.x) // 20]:
        cut = clicked({"selection": {"points": [{"customdata": data}]}})
        at = (
            KINDS[kind]
            .of_model("", 0, KINDS[kind].compute(COMMON.tally()), COMMON.tally().outcomes(cut))
            .decision
        )
        i = int(np.flatnonzero(drawn.threshold == cut)[0])
        assert at == pytest.approx((drawn.x[i], drawn.y[i]), abs=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_a_band_is_shaded_under_its_curve_in_its_colour(kind: str, palette) -> None:
    figure = figure_of(kind, palette=palette)
    lower, upper = traces(figure, "band")
    assert (lower.fill, upper.fill) == ("none", "tonexty")
    assert {lower.hoverinfo, upper.hoverinfo} == {"skip"}
    (line,) = (trace for trace in figure.data if trace.mode == "lines" and trace.name != "band")
    red, green, blue = (int(line.line.color[i : i + 2], 16) for i in (1, 3, 5))
    assert upper.fillcolor.startswith(f"rgba({red},{green},{blue},0.")
    assert list(figure.data).index(upper) < list(figure.data).index(line)
    np.testing.assert_array_equal(lower.x, upper.x)
    assert len(lower.x) == len(line.x)
    reach = figure.layout.yaxis.range
    inside = (np.asarray(line.y) >= reach[0]) & (np.asarray(line.y) <= reach[1])
    assert (np.asarray(lower.y)[inside] <= np.asarray(line.y)[inside] + 1e-6).all()
    assert (np.asarray(upper.y)[inside] >= np.asarray(line.y)[inside] - 1e-6).all()
    assert np.isfinite(lower.y).all()
    assert np.isfinite(upper.y).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_hover_says_threshold_both_numbers_and_the_band(kind: str) -> None:
    (found,) = traces(figure_of(kind), "points")
    drawn = points(kind, scored())[0]
    cut, words, *values = found.customdata[len(found.x) // 2]
    i = int(np.flatnonzero(drawn.threshold == cut)[0])
    assert words == f"score ≥ {cut:.6g}"
    assert values == pytest.approx([drawn.x[i], drawn.y[i], drawn.low[i], drawn.high[i]], rel=1e-4)
    for place in range(1, 6):
        assert f"customdata[{place}]" in found.hovertemplate


def test_without_a_band_a_hover_says_nothing_of_it() -> None:
    figure = figure_of("roc", bands=frozenset())
    assert traces(figure, "band") == []
    assert "customdata[4]" not in traces(figure, "points")[0].hovertemplate


def test_few_curves_all_have_a_band_and_of_many_only_the_current_one() -> None:
    three, four = ("a", "b", "c"), ("a", "b", "c", "d")
    assert {t.meta for t in traces(figure_of("roc", scored(names=three)), "band")} == set(three)
    assert {t.meta for t in traces(figure_of("roc", scored(names=four)), "band")} == {"a"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_curve_has_its_operating_point(kind: str) -> None:
    of = scored(names=("a", "b", "c"))
    marks = {mark.meta: mark for mark in traces(figure_of(kind, of), "decision")}
    assert set(marks) == {"a", "b", "c"}
    assert len({mark.marker.color for mark in marks.values()}) == 3


def test_switching_a_curve_off_in_the_legend_takes_all_of_it_along() -> None:
    for trace in figure_of("roc", scored(names=("a", "b"))).data:
        assert trace.legendgroup == trace.meta


def test_classes_against_the_rest_are_drawn_like_models() -> None:
    """Each with its own prevalence and its own decision: nothing is shared between the curves."""
    tallies = {"cat": COMMON.tally(), "dog": RARE.tally(), "eel": APART.tally()}
    of = [Scored(name, t, t.outcomes(0.2 + 0.2 * i), i) for i, (name, t) in enumerate(tallies.items())]
    for kind in KINDS:
        shown = points(kind, of)
        figure = curve_set.curve_figure(KINDS[kind], shown, "dog", LIGHT, decided="most probable class")
        names = {trace.meta for trace in figure.data if trace.mode == "lines"}
        assert names == {"cat", "dog", "eel"}
    (floor,) = curve_set.curve_figure(KINDS["pr"], points("pr", of), "dog", LIGHT, decided="").layout.shapes
    assert floor.y0 == pytest.approx(RARE.positive.mean())


def test_a_curve_that_is_undefined_is_left_out_unless_it_is_the_current_one() -> None:
    only = ScoreTally(COMMON.tally().score, np.zeros_like(COMMON.tally().pos), COMMON.tally().neg)
    of = [*scored(), Scored("empty", only, only.outcomes(CUT), 1)]
    assert [one.model for one in points("roc", of)] == ["forest"]
    with pytest.raises(DataError, match=r"^Only one class is present, so there is no ROC curve\.$"):
        curve_set.computed(KINDS["roc"], of, "empty", bands=(), replicates=100)


# ------------------------------------------------------------------------------------------------ curves that are alike


NAMES = ("cat", "<i>dog</i> %{x}", "eel", "fox")


def alike(kind: str, of: list[Scored] | None = None, behind: tuple[str, ...] = ()):
    of = [replace(one, behind=one.name in behind) for one in of or scored(names=NAMES)]
    found = curve_set.computed(KINDS[kind], of, "", bands=curve_set.banded([one.name for one in of], ""), replicates=100)  # fmt: skip
    return curve_set.curve_figure(KINDS[kind], curve_set.drawn(KINDS[kind], of, found), "", LIGHT, decided="most probable class")  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_current_curve_every_one_answers_a_click_with_its_name(kind: str) -> None:
    figure = alike(kind)
    assert {trace.meta for trace in traces(figure, "points")} == set(NAMES)
    for at, trace in enumerate(figure.data):
        event = {"selection": {"points": [{"curve_number": at}]}}
        assert curve_set.clicked_curve(event, figure) == trace.meta
    for nothing in (None, {"selection": {"points": []}}, {"selection": {"points": [{"curve_number": 99}]}}):
        assert curve_set.clicked_curve(nothing, figure) == ""


def test_without_a_current_curve_all_look_alike_and_a_hover_names_its_own() -> None:
    figure = alike("roc")
    assert {trace.line.width for trace in figure.data if trace.mode == "lines"} == {2}
    hovers = {trace.meta: trace.hovertemplate for trace in traces(figure, "points")}
    assert hovers["cat"].startswith("<b>cat</b>")
    assert hovers["<i>dog</i> %{x}"].startswith("<b>&lt;i&gt;dog&lt;/i&gt; &#37;{x}</b>")


def test_one_curve_alone_still_has_its_name_in_the_legend() -> None:
    assert alike("roc", scored(names=("cat",))).layout.showlegend
    assert not figure_of("roc", scored(names=("forest",))).layout.showlegend


@pytest.mark.parametrize("kind", KINDS)
def test_a_curve_behind_is_thin_grey_and_clickable_without_legend_mark_and_band(kind: str) -> None:
    figure = alike(kind, scored(names=NAMES[:3]), behind=("cat",))
    line, points = (trace for trace in figure.data if trace.meta == "cat")
    assert (line.mode, line.line.width, line.showlegend) == ("lines", 1, False)
    assert line.line.color.startswith("rgba(93,104,117,")
    assert (points.name, points.showlegend) == ("points", False)
    assert 10 < len(points.x) == len(points.customdata) <= 150
    drawn = [trace.meta for trace in figure.data if trace.mode == "lines" and trace.name != "band"]
    assert drawn[0] == "cat"


def test_curves_behind_alone_leave_nothing_to_explain() -> None:
    figure = alike("pr", behind=NAMES)
    assert traces(figure, "decision") == []
    assert "most probable class" not in texts(figure)


@pytest.mark.parametrize("kind", ["pr", "gains"])
def test_a_prevalence_is_drawn_for_one_curve_and_not_for_several_with_their_own(kind: str) -> None:
    several, one = alike(kind), alike(kind, scored(names=("cat",)))
    assert len(one.layout.shapes) > len(several.layout.shapes)
    for words in ("prevalence", "perfect order"):
        assert words not in texts(several)


def test_of_curves_that_are_alike_the_rarest_positives_choose_the_axis_of_lift() -> None:
    of = [Scored(name, rows.tally(), rows.tally().outcomes(CUT), i) for i, (name, rows) in enumerate((("cat", COMMON), ("eel", RARE)))]  # fmt: skip
    figure = alike("lift", of)
    assert figure.layout.xaxis.range == (-3, 0)
    heights = [y for trace in figure.data if trace.mode == "lines" and trace.name != "band" for y in trace.y]
    assert figure.layout.yaxis.range[1] >= max(heights)


def test_a_decision_is_named_on_the_left_where_curves_run_through_the_corner() -> None:
    good = [Scored(name, APART.tally(), APART.tally().outcomes(CUT), i) for i, name in enumerate("ab")]
    for of, at in ((good, (0.01, 0.4)), (scored(RARE, ("a", "b")), (0.995, 1))):
        (key,) = (note for note in alike("pr", of).layout.annotations if "most probable" in note.text)
        assert (key.x, key.y) == at


def test_no_two_of_many_curves_have_both_colour_and_dash_in_common() -> None:
    of = scored(names=tuple(f"class {i}" for i in range(36)))
    lines = [trace.line for trace in alike("roc", of).data if trace.mode == "lines"]
    assert len({(line.color, line.dash) for line in lines}) == 36


def test_a_curve_keeps_its_place_and_a_new_one_takes_the_first_that_is_free() -> None:
    first = curve_set.places(["ant", "bee", "cat"], {})
    assert first == {"ant": 0, "bee": 1, "cat": 2}
    assert curve_set.places(["cat", "dog", "eel", "ant"], first) == {"cat": 2, "dog": 1, "eel": 3, "ant": 0}


# ------------------------------------------------------------------------------------------------ gains


def test_gains_lie_between_the_perfect_and_the_random_order() -> None:
    figure = figure_of("gains")
    assert "perfect order" in texts(figure)
    assert "random order" in texts(figure)
    up, along, random = figure.layout.shapes
    prevalence = COMMON.positive.mean()
    assert (up.x0, up.y0, up.x1, up.y1) == (0, 0, pytest.approx(prevalence), 1)
    assert (along.x1, along.y0, along.y1) == (1, 1, 1)
    assert (random.x0, random.y0, random.x1, random.y1) == (0, 0, 1, 1)
    assert figure.layout.xaxis.title.text == "Share of rows flagged"


# ------------------------------------------------------------------------------------------------ lift


def test_lift_of_common_positives_has_an_even_axis_and_of_rare_ones_decades() -> None:
    even, decades = figure_of("lift").layout.xaxis, figure_of("lift", scored(RARE)).layout.xaxis
    assert (even.range, even.title.text) == ((0, 1), "Share of rows flagged")
    assert (decades.range, decades.title.text) == ((-3, 0), "Share of rows flagged, log scale")
    assert decades.ticktext[:4] == ("0.1%", "0.2%", "0.5%", "1%")
    np.testing.assert_allclose(decades.tickvals[:4], np.log10([0.001, 0.002, 0.005, 0.01]))


def test_the_lift_of_a_random_order_is_one() -> None:
    for drawn in (COMMON, RARE):
        figure = figure_of("lift", scored(drawn))
        (line,) = figure.layout.shapes
        assert (line.y0, line.y1) == (1, 1)
        assert (line.x0, line.x1) == figure.layout.xaxis.range


def test_no_lift_is_drawn_where_nothing_is_flagged() -> None:
    figure = figure_of("lift", scored(cut=2.0))
    assert traces(figure, "decision") == []
    assert np.isfinite(traces(figure, "points")[0].y).all()


# ------------------------------------------------------------------------------------------------ DET


def test_det_axes_are_spaced_by_normal_deviates_and_written_in_percent() -> None:
    figure = figure_of("det", scored(RARE))
    drawn = points("det", scored(RARE))[0]
    shown = (drawn.x > 0) & (drawn.x < 1) & (drawn.y > 0) & (drawn.y < 1)
    (found,) = traces(figure, "points")
    np.testing.assert_allclose(found.x, norm.ppf(drawn.x[shown]), atol=1e-9)
    np.testing.assert_allclose(found.y, norm.ppf(drawn.y[shown]), atol=1e-9)
    for axis in (figure.layout.xaxis, figure.layout.yaxis):
        ticks = dict(zip(axis.ticktext, axis.tickvals, strict=True))
        assert ticks["5%"] == pytest.approx(-1.6449, abs=1e-4)
        assert ticks["50%"] == 0


def test_chance_is_straight_on_det_axes() -> None:
    (line,) = figure_of("det").layout.shapes
    assert line.x0 == pytest.approx(-line.y0)
    assert line.x1 == pytest.approx(-line.y1)
    assert "chance" in texts(figure_of("det"))


def test_a_decision_without_false_alarms_is_said_beside_det_axes_not_drawn_on_them() -> None:
    figure = figure_of("det", scored(cut=2.0))
    assert traces(figure, "decision") == []
    assert "False positive rate 0.0%<br>beyond these axes" in texts(figure)


def test_classes_that_do_not_overlap_leave_nothing_to_trade() -> None:
    assert "At no threshold are both rates above 0" in texts(figure_of("det", scored(APART)))
    assert "At no threshold" not in texts(figure_of("det"))


# ------------------------------------------------------------------------------------------------ axes


def test_an_axis_places_and_writes_its_values() -> None:
    log, deviate = Axis("", "", 0.01, 1, (), "log"), Axis("", "", 0.01, 0.99, (), "deviate")
    assert log.range() == (-2, 0)
    assert [log.along(v) for v in (0.01, 0.1, 1)] == pytest.approx([0, 0.5, 1])
    assert deviate.along(0.5) == pytest.approx(0.5)
    assert deviate.place(0) == -np.inf
    assert Axis("", "", times=True).text(38.8427) == "38.8×"
    assert log.text(0.0123) == "1.2%"
