"""What holds for every metric of the registry: a new row is tested the moment it stands in its table."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf, isfinite, isinf
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics_core import REGISTRY
from metrics_core.metrics.registry import metrics_of
from metrics_core.metrics.spec import MetricSpec
from metrics_core.tally import Outcomes, ScoreTally
from tests.tables import Rows, merged, random_rows, rows, some_rows, value


def each(specs: Iterable[MetricSpec]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("spec", [pytest.param(s, id=f"{s.task}-{s.key}") for s in specs])


every_metric = each(metrics_of("binary"))
every_directed_metric = each(spec for spec in metrics_of("binary") if spec.better != "neither")
every_metric_without_k = each(spec for spec in metrics_of("binary") if not spec.takes_k)

NOBODY = rows("", [])
POSITIVES = rows("+++", [0.2, 0.6, 0.9])
NEGATIVES = rows("---", [0.2, 0.6, 0.9])
#: For each reason the registry gives, rows for which it holds.
UNDEFINED: dict[str, list[Rows]] = {
    "there are no rows": [NOBODY],
    "no row is positive": [NOBODY, NEGATIVES],
    "no row is negative": [NOBODY, POSITIVES],
    "no row is predicted positive": [NOBODY, rows("+-", [0.1, 0.2])],
    "no row is predicted negative": [NOBODY, rows("+-", [0.8, 0.9])],
    "only one class is present": [NOBODY, POSITIVES, NEGATIVES],
    "no row is positive or predicted positive": [NOBODY, rows("--", [0.1, 0.2])],
    "only one class is present or only one is predicted": [NOBODY, POSITIVES, NEGATIVES, rows("+-", [0.8, 0.9])],
    "agreement by chance is complete: one class is all there is": [NOBODY, rows("++", [0.8, 0.9])],
    "one class is absent or nothing is flagged": [NOBODY, POSITIVES, NEGATIVES, rows("+-", [0.1, 0.2])],
    "one class is absent or everything is flagged": [NOBODY, POSITIVES, NEGATIVES, rows("+-", [0.8, 0.9])],
    "there are no rows or the threshold is not in [0, 1)": [NOBODY],
}  # fmt: skip
#: Metrics whose best value depends on the rows, so that a perfect prediction does not reach the end of the range.
BEST_DEPENDS_ON_ROWS = {"net_benefit", "recall@k"}


def same(a: Any, b: Any, tolerance: float = 1e-9, what: str = "") -> None:
    np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True, err_msg=what)


def values(drawn: Rows) -> dict[str, float]:
    """Every metric of some rows."""
    tallies = {
        needs: drawn.of(spec) for needs, spec in {(s.of, s.needs): s for s in metrics_of("binary")}.items()
    }
    return {spec.key: float(value(spec, tallies[spec.of, spec.needs])) for spec in metrics_of("binary")}


def all_same(a: dict[str, float], b: dict[str, float], *, k: bool = True) -> None:
    for key in a:
        if k or not key.endswith("@k"):
            same(a[key], b[key], what=key)


@every_metric
def test_spec_tells_a_reader_what_the_metric_is(spec: MetricSpec) -> None:
    assert spec.label
    assert spec.about.endswith(".")
    assert spec.source
    assert spec.undefined_when
    assert spec.low < spec.high


@given(drawn=some_rows())
def test_values_lie_in_the_declared_range(drawn: Rows) -> None:
    for key, spec in ((s.key, s) for s in metrics_of("binary")):
        found = float(value(spec, drawn.of(spec)))
        assert np.isnan(found) or spec.low - 1e-9 <= found <= spec.high + 1e-9, key


@given(drawn=some_rows(), seed=st.integers(0, 99))
def test_row_order_does_not_matter(drawn: Rows, seed: int) -> None:
    shuffled = drawn.at(np.random.default_rng(seed).permutation(len(drawn)))
    all_same(values(drawn), values(shuffled))


@every_metric
def test_inputs_are_left_unchanged(spec: MetricSpec) -> None:
    tally = random_rows(1, levels=20).of(spec)
    arrays = [part for part in vars(tally).values() if isinstance(part, np.ndarray)]
    before = [part.copy() for part in arrays]
    for part in arrays:
        part.setflags(write=False)
    value(spec, tally)
    for part, kept in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(part, kept)


@every_directed_metric
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_perfect_prediction_is_best(spec: MetricSpec, weighted: bool) -> None:
    drawn = random_rows(2, 60, weighted=weighted)
    sure = Rows(drawn.positive, drawn.positive.astype(float), drawn.weight)
    best = float(value(spec, sure.of(spec)))
    sign = 1 if spec.better == "higher" else -1
    for seed in range(10):
        other = Rows(drawn.positive, random_rows(seed, 60).score, drawn.weight)
        assert sign * best >= sign * float(value(spec, other.of(spec)))
    if spec.key not in BEST_DEPENDS_ON_ROWS:
        end = spec.high if spec.better == "higher" else spec.low
        assert best == end if isinf(end) else best == pytest.approx(end, abs=1e-12)


@given(drawn=some_rows(min_size=2), cut=st.integers(0, 25))
def test_merged_tallies_equal_the_tally_of_all_rows(drawn: Rows, cut: int) -> None:
    parts = drawn.at(slice(cut)), drawn.at(slice(cut, None))
    for spec in metrics_of("binary"):
        same(
            value(spec, merged(*(part.of(spec) for part in parts))),
            value(spec, drawn.of(spec)),
            what=spec.key,
        )


@given(drawn=some_rows(weighted=False))
def test_weight_two_equals_the_row_twice(drawn: Rows) -> None:
    twice = drawn.at(np.repeat(np.arange(len(drawn)), 2))
    all_same(values(Rows(drawn.positive, drawn.score, np.full(len(drawn), 2.0))), values(twice))


@given(drawn=some_rows(weighted=True), factor=st.sampled_from([1e-9, 0.5, 1e9]))
def test_scale_of_the_weights_does_not_matter(drawn: Rows, factor: float) -> None:
    assert drawn.weight is not None
    scaled = Rows(drawn.positive, drawn.score, drawn.weight * factor)
    all_same(values(scaled), values(drawn), k=False)


@every_metric
def test_row_of_weight_zero_counts_for_nothing(spec: MetricSpec) -> None:
    drawn = random_rows(3, 50, levels=10)
    kept = np.arange(50) % 3 > 0
    weighted = Rows(drawn.positive, drawn.score, kept.astype(float))
    same(value(spec, weighted.of(spec)), value(spec, drawn.at(kept).of(spec)))


@every_metric
def test_undefined_value_is_nan(spec: MetricSpec) -> None:
    for without in UNDEFINED[spec.undefined_when]:
        assert np.isnan(value(spec, without.of(spec))), without


@every_metric
def test_value_is_defined_where_no_reason_holds(spec: MetricSpec) -> None:
    both = rows("+-+-", [0.9, 0.8, 0.3, 0.1])
    assert isfinite(float(value(spec, both.of(spec))))


@every_metric
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_leading_axes_equal_the_tallies_one_by_one(spec: MetricSpec, weighted: bool) -> None:
    several = [random_rows(seed, 40 + seed, levels=12, weighted=weighted).of(spec) for seed in range(5)]
    several.append(Rows(POSITIVES.positive, POSITIVES.score, np.ones(3) if weighted else None).of(spec))
    alone = [float(value(spec, tally)) for tally in several]
    stacked = _stack(several)
    found = value(spec, stacked)
    assert found.shape == (2, 3)
    same(found.ravel(), alone)


@every_metric_without_k
def test_billions_of_rows_do_not_overflow(spec: MetricSpec) -> None:
    tally = random_rows(4, levels=10).of(spec)
    counts = {
        name: part * 10**10
        for name, part in vars(tally).items()
        if name in ("tp", "fp", "fn", "tn", "pos", "neg")
    }
    same(value(spec, type(tally)(**_fields(tally) | counts)), value(spec, tally), 1e-7)


def test_k_larger_than_the_table_still_divides_by_k() -> None:
    few = rows("+-", [0.9, 0.1]).tally()
    assert float(REGISTRY["binary", "precision@k"].fn(few, 10)) == 0.1
    assert float(REGISTRY["binary", "recall@k"].fn(few, 10)) == 1.0


@pytest.mark.parametrize("edge", range(1, 16))
def test_score_on_a_bin_edge_belongs_to_the_bin_below_it(edge: int) -> None:
    below = (edge - 0.5) / 15
    tally = rows("+-", [edge / 15, below]).tally()  # in one bin: |1 - edge/15 - below| / 2; in two: their sum
    together = abs(1 - edge / 15 - below) / 2
    assert float(REGISTRY["binary", "ece"].fn(tally)) == pytest.approx(together, abs=1e-12)


def test_scores_that_are_no_probabilities_have_no_calibration() -> None:
    margins = random_rows(5).as_margins().tally(margin=True)
    for spec in metrics_of("binary"):
        if spec.needs == "probability":
            assert np.isnan(spec.fn(margins)), spec.key


def test_ruled_out_row_makes_log_loss_infinite() -> None:
    assert float(REGISTRY["binary", "log_loss"].fn(rows("+-", [0.0, 0.3]).tally())) == inf
    assert float(REGISTRY["binary", "log_loss"].fn(rows("+-", [0.4, 1.0]).tally())) == inf


def test_sure_and_right_rows_have_no_log_loss() -> None:
    assert float(REGISTRY["binary", "log_loss"].fn(rows("+-", [1.0, 0.0]).tally())) == 0.0


def _fields(tally: Outcomes | ScoreTally) -> dict[str, Any]:
    """The constructor's arguments, without what was cached."""
    return {name: part for name, part in vars(tally).items() if name in type(tally).__dataclass_fields__}


def _stack(several: list[Any]) -> Outcomes | ScoreTally:
    """Lay tallies of one kind out over the leading axes (2, 3)."""
    if isinstance(several[0], Outcomes):
        names = ("tp", "fp", "fn", "tn", "threshold")
        return Outcomes(*(np.reshape([getattr(t, name) for t in several], (2, 3)) for name in names))
    kind = {"probability": several[0].probability, "margin": several[0].margin}
    score = sum(several[1:], several[0]).score
    nothing = ScoreTally(score, np.zeros(score.size, dtype=int), np.zeros(score.size, dtype=int), **kind)
    spread = [nothing + tally for tally in several]
    pos, neg = (np.reshape([getattr(t, side) for t in spread], (2, 3, -1)) for side in ("pos", "neg"))
    return ScoreTally(score, pos, neg, **kind)
