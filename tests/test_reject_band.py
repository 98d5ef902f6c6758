"""Bands between two thresholds that go to review, and the risk-coverage curve, checked against counting rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from metrics_core.decisions.costs import Costs, Price
from metrics_core.decisions.reject import RejectBand, band_at, reject_band, reject_curve
from metrics_core.decisions.risk_coverage import confidence_of, risk_coverage
from metrics_core.errors import DataError
from metrics_core.metrics.probabilities import roc_auc
from metrics_core.reduce.classes import confidence_tally
from metrics_core.reduce.scores import tally_of
from metrics_core.tally import ScoreTally
from tests.class_tables import random_classes
from tests.tables import Rows, random_rows, rows, some_rows

FEW = random_rows(1, 150, levels=30)
MANY = random_rows(2, 30_000)


def weights(table: Rows) -> NDArray[np.float64]:
    return np.ones(len(table)) if table.weight is None else table.weight


def cuts_of(table: Rows) -> list[float]:
    return [*np.unique(table.score).tolist(), float(np.nextafter(table.score.max(), np.inf))]


def by_rows(table: Rows, low: float, high: float) -> dict[str, float]:
    """What a band does, row by row."""
    w, up, down = weights(table), table.score >= high, table.score < low
    wrong = (up & ~table.positive) | (down & table.positive)
    return {"errors": float(w[wrong].sum()), "rows": float(w[up | down].sum()), "review": float(w[~(up | down)].sum())}  # fmt: skip


def every_band(table: Rows) -> list[tuple[float, float, dict[str, float]]]:
    cuts = cuts_of(table)
    return [(a, b, by_rows(table, a, b)) for i, a in enumerate(cuts) for b in cuts[i:]]


def described(band: RejectBand) -> dict[str, float]:
    return {"errors": band.errors, "rows": float(band.automated.total), "review": band.review_load}


# ------------------------------------------------------------------------------------------------ one band


@given(some_rows(), st.floats(0, 1), st.floats(0, 1))
def test_a_band_does_what_counting_rows_says(table: Rows, a: float, b: float) -> None:
    low, high = min(a, b), max(a, b)
    band = band_at(table.tally(), low, high, threshold=0.5)
    assert described(band) == pytest.approx(by_rows(table, low, high), rel=1e-6, abs=1e-6)
    assert band.errors_avoided == pytest.approx(
        by_rows(table, 0.5, 0.5)["errors"] - band.errors, rel=1e-6, abs=1e-6
    )


def test_a_band_by_hand() -> None:
    """Below .3 four right and one missed, above .7 three right and one false; two of each class between."""
    table = rows("+----" + "++--" + "+++-", [0.1] * 5 + [0.5] * 4 + [0.9] * 4)
    band = band_at(table.tally(), 0.3, 0.7, threshold=0.5)
    assert (band.automation, band.error_rate, band.review_load) == (9 / 13, 2 / 9, 4.0)
    assert (band.review_pos, band.review_neg) == (2.0, 2.0)
    assert band.errors_avoided == 4 - 2


def test_equal_ends_leave_nothing_to_review() -> None:
    band = band_at(FEW.tally(), 0.4, 0.4, threshold=0.4)
    assert (band.automation, band.review_load, band.errors_avoided) == (1.0, 0.0, 0.0)


def test_a_band_upside_down_is_refused() -> None:
    with pytest.raises(DataError, match=r"The lower end of the band, 0\.7, is above the upper one, 0\.3\."):
        band_at(FEW.tally(), 0.7, 0.3, threshold=0.5)


def test_amounts_are_carried_to_the_cost_of_a_band() -> None:
    tally, amount = FEW.tally(), np.random.default_rng(3).lognormal(3, 1, len(FEW))
    tally = with_amounts(tally, FEW, amount)
    costs, review = Costs.read(fp="3", fn="amount", gain_tp="0.1*amount"), Price.read("1+0.01*amount")
    band = band_at(tally, 0.3, 0.6, threshold=0.5, costs=costs, review=review)
    assert band.cost == pytest.approx(cost_by_rows(FEW, amount, 0.3, 0.6))
    missed, found = FEW.positive & (FEW.score < 0.5), FEW.positive & (FEW.score >= 0.5)
    wrong = (~FEW.positive & (FEW.score >= 0.5)).sum()
    assert band.cost_without == pytest.approx(3 * wrong + amount[missed].sum() - 0.1 * amount[found].sum())


def with_amounts(tally: ScoreTally, table: Rows, amount: NDArray[np.float64]) -> ScoreTally:
    sums = [np.array([amount[(table.score == s) & (table.positive == side)].sum() for s in tally.score]) for side in (True, False)]  # fmt: skip
    return replace(tally, amounts=ScoreTally(tally.score, *sums))


def cost_by_rows(table: Rows, amount: NDArray[np.float64], low: float, high: float) -> float:
    """Costs of 3 a false positive and the amount of a miss, a gain of a tenth of the amount of a hit, and of reviews."""
    total = 0.0
    for positive, score, worth in zip(table.positive, table.score, amount, strict=True):
        reviewed = low <= score < high
        flagged = bool(positive) if reviewed else score >= high
        total += (1 + 0.01 * worth) if reviewed else 0
        total += -0.1 * worth if positive and flagged else worth if positive else 3 if flagged else 0
    return total


# ------------------------------------------------------------------------------------------------ the best band


@given(some_rows(max_size=12), st.sampled_from([0.0, 0.05, 0.1, 0.2, 1 / 3, 0.29, 0.5]))
def test_no_band_within_the_error_automates_more(table: Rows, limit: float) -> None:
    band = reject_band(table.tally(), max_error=limit)
    bands = [b for _, _, b in every_band(table) if b["rows"] > 0]
    # a share of exactly the limit is within it; of weights it may be so up to rounding
    spare = 0.0 if table.weight is None else 1e-9
    surely = [b["rows"] for b in bands if b["errors"] / b["rows"] <= limit - spare]
    perhaps = [b["rows"] for b in bands if b["errors"] / b["rows"] <= limit + 1e-9]
    found = float(band.automated.total)
    assert max(surely, default=0) * (1 - 1e-6) <= found <= max(perhaps, default=0) * (1 + 1e-6)
    assert (found == 0) == (band.reason != "")
    if table.weight is None:
        assert band.errors == min(b["errors"] for _, _, b in every_band(table) if b["rows"] == found)
    assert (band.low, band.high) in [(a, b) for a, b, _ in every_band(table)]


@given(some_rows(max_size=12), st.floats(0.01, 1))
def test_no_band_that_automates_enough_errs_less(table: Rows, automation: float) -> None:
    band = reject_band(table.tally(), automation=automation)
    total = weights(table).sum()
    enough = [
        b for _, _, b in every_band(table) if b["rows"] >= automation * total * (1 + 1e-9) or b["review"] == 0
    ]
    assert band.automation >= automation * (1 - 1e-9)
    assert band.error_rate <= min(b["errors"] / b["rows"] for b in enough) + 1e-9


@given(some_rows(max_size=12), st.floats(0, 5), st.floats(0.1, 10), st.floats(0, 3))
def test_no_band_costs_less(table: Rows, fp: float, fn: float, review: float) -> None:
    costs = Costs.read(fp=fp, fn=fn, gain_tp="0.5")
    band = reject_band(table.tally(), costs=costs, review=review)
    w, found = weights(table), []
    for low, high, counted in every_band(table):
        false = w[~table.positive & (table.score >= high)].sum()
        missed = w[table.positive & (table.score < low)].sum()
        hits = w[table.positive].sum() - missed
        found.append(fp * false + fn * missed - 0.5 * hits + review * counted["review"])
    assert band.cost == pytest.approx(min(found), rel=1e-6, abs=1e-6)
    assert band.cost_without is not None
    assert band.cost <= band.cost_without + 1e-6


@pytest.mark.parametrize("seed", range(4))
def test_the_best_band_of_many_rows_is_that_of_all_pairs(seed: int) -> None:
    """The search of 150 distinct scores against every pair of them."""
    table = random_rows(40 + seed, 2000, levels=150)
    o = table.tally().outcomes(np.array(cuts_of(table)))
    i, j = np.triu_indices(o.tp.size)
    n, errors = o.flagged[j] + len(table) - o.flagged[i], o.fp[j] + o.fn[i]
    rate = errors / np.maximum(n, 1)
    for limit in (0.01, 0.02, 0.05, 0.1):
        assert reject_band(table.tally(), max_error=limit).automation == n[errors <= limit * n].max() / len(
            table
        )
    for share in [i / 20 for i in range(1, 20)]:
        best = rate[n >= share * len(table) - 1e-9].min()
        band = reject_band(table.tally(), automation=share)
        assert band.error_rate == best
        assert band.automation == n[(rate == best) & (n >= share * len(table) - 1e-9)].max() / len(table)


def test_of_bands_that_err_alike_the_one_that_automates_most_is_taken() -> None:
    table = rows("----+-++++", [i / 10 for i in range(10)])
    band = reject_band(table.tally(), automation=0.3)
    assert (band.error_rate, band.automation, band.low, band.high) == (0.0, 0.8, 0.4, 0.6)


def test_of_bands_that_cost_alike_the_one_that_reviews_least_is_taken() -> None:
    band = reject_band(
        rows("--++", [0.1, 0.2, 0.8, 0.9]).tally(), costs=Costs.read(fp="1", fn="1"), review=0.0
    )
    assert (band.review_load, band.cost) == (0.0, 0.0)


def test_a_dear_review_leaves_the_cheapest_single_threshold() -> None:
    band = reject_band(FEW.tally(), costs=Costs.read(fp="1", fn="3"), review="100")
    assert band.low == band.high == band.threshold
    assert band.cost == band.cost_without


def test_the_cheapest_band_with_amounts_is_that_of_all_pairs() -> None:
    table = FEW.at(slice(0, 40))
    amount = np.random.default_rng(5).lognormal(1, 1, len(table))
    tally = with_amounts(table.tally(), table, amount)
    band = reject_band(
        tally, costs=Costs.read(fp="3", fn="amount", gain_tp="0.1*amount"), review="1+0.01*amount"
    )
    assert band.review_load > 0
    assert band.cost == pytest.approx(min(cost_by_rows(table, amount, a, b) for a, b, _ in every_band(table)))


def test_without_errors_allowed_and_none_avoidable_everything_goes_to_review() -> None:
    band = reject_band(rows("+-+-", [0.2, 0.2, 0.8, 0.8]).tally(), max_error=0.1)
    assert band.automation == 0
    assert np.isnan(band.error_rate)
    assert band.reason == "no row can be decided automatically with so few errors"


def test_errors_are_compared_with_the_threshold_with_the_fewest_or_a_given_one() -> None:
    tally = FEW.tally()
    errors = [by_rows(FEW, cut, cut)["errors"] for cut in cuts_of(FEW)]
    band = reject_band(tally, max_error=0.05)
    assert band.threshold == cuts_of(FEW)[int(np.argmin(errors))]
    assert band.errors_avoided == min(errors) - band.errors
    given_one = reject_band(tally, max_error=0.05, threshold=0.9)
    assert given_one.errors_avoided == by_rows(FEW, 0.9, 0.9)["errors"] - band.errors


def test_a_band_of_bins_is_counted_exactly() -> None:
    binned = tally_of(MANY.score, MANY.positive, exact=False)
    band = reject_band(binned, max_error=0.1)
    assert described(band) == by_rows(MANY, band.low, band.high)
    exact = reject_band(MANY.tally(), max_error=0.1)
    assert exact.automation - 0.01 < band.automation <= exact.automation


@pytest.mark.parametrize(
    ("aims", "says"),
    [
        ({}, "Name one aim for the band"),
        ({"max_error": 0.1, "automation": 0.5}, "Name one aim for the band"),
        ({"costs": Costs.read()}, "the costs of errors and the cost of a review: give both"),
        ({"review": 1}, "the costs of errors and the cost of a review: give both"),
        ({"max_error": 1.0}, "is a fraction from 0 to below 1, not 1"),
        ({"automation": 0.0}, "is a fraction above 0 and at most 1, not 0"),
        ({"automation": 50.0}, "is a fraction above 0 and at most 1, not 50"),
    ],
)
def test_an_aim_that_makes_no_sense_is_refused(aims: dict[str, Any], says: str) -> None:
    with pytest.raises(DataError, match=says):
        reject_band(FEW.tally(), **aims)


def test_a_band_is_of_rows() -> None:
    with pytest.raises(DataError, match="No row is left"):
        reject_band(rows("", []).tally(), max_error=0.1)


# ------------------------------------------------------------------------------------------------ the curve


@given(some_rows(max_size=10))
def test_no_band_beats_the_curve_and_every_point_is_a_band(table: Rows) -> None:
    found = reject_curve(table.tally())
    total = weights(table).sum()
    for low, high, automation, errors in zip(
        found.low, found.high, found.automation, found.errors, strict=True
    ):
        counted = by_rows(table, low, high)
        assert (errors, automation * total) == pytest.approx(
            (counted["errors"], counted["rows"]), rel=1e-6, abs=1e-6
        )
    for _, _, counted in every_band(table):
        if counted["rows"] > 0:
            enough = found.automation >= counted["rows"] / total * (1 - 1e-9)
            assert found.error_rate[enough].min() <= counted["errors"] / counted["rows"] * (1 + 1e-9) + 1e-9


def test_the_curve_falls_from_full_automation() -> None:
    found = reject_curve(MANY.tally())
    assert found.automation[0] == 1
    assert (np.diff(found.automation) < 0).all()
    assert (np.diff(found.error_rate) < 0).all()
    assert 100 < found.automation.size <= 2 * 500 + 2
    np.testing.assert_allclose(found.review_load, (1 - found.automation) * len(MANY))
    assert list(found.frame()) == ["automation", "error_rate", "errors", "review_load", "low", "high"]


def test_the_curve_of_spread_cuts_is_near_the_best_bands() -> None:
    tally = MANY.tally()
    found = reject_curve(tally)
    for limit in (0.05, 0.1, 0.15):
        shown = found.automation[found.error_rate <= limit].max()
        best = reject_band(tally, max_error=limit).automation
        assert best - 0.01 < shown <= best


def test_rare_positives_have_cuts_of_their_own_on_the_curve() -> None:
    """Of cuts spread over the rows alone, 1 in 60 rows, most would lie between two of the 90 positives."""
    rare = random_rows(6, 30_000, share=0.003).tally()
    found = reject_curve(rare)
    for limit in (0.002, 0.001, 0.0005, 0.0002):
        shown = found.automation[found.error_rate <= limit].max()
        assert shown > reject_band(rare, max_error=limit).automation - 0.001


# ------------------------------------------------------------------------------------------------ risk and coverage


@given(some_rows(), st.sampled_from([0.5, 0.2, 0.75]))
def test_confidence_is_the_probability_of_the_decision(table: Rows, threshold: float) -> None:
    found = confidence_of(table.tally(), threshold)
    flagged, w = table.score >= threshold, weights(table)
    confidence = np.where(flagged, table.score, 1 - table.score)
    np.testing.assert_array_equal(found.score, np.unique(confidence))
    right = flagged == table.positive
    np.testing.assert_allclose(
        found.pos, [w[right & (confidence == c)].sum() for c in found.score], rtol=1e-6
    )
    np.testing.assert_allclose(
        found.neg, [w[~right & (confidence == c)].sum() for c in found.score], rtol=1e-6
    )


def test_confidence_needs_probabilities() -> None:
    with pytest.raises(DataError, match="The confidence of a decision is read from its probability"):
        confidence_of(FEW.as_margins().tally(margin=True))


@given(some_rows())
def test_the_area_under_the_generalised_risk_follows_from_the_auc_of_the_confidence(table: Rows) -> None:
    """Traub and others (2024): (1 - AUC) * acc * (1 - acc) + (1 - acc)^2 / 2."""
    confidence = confidence_of(table.tally())
    found = risk_coverage(confidence)
    acc = 1 - found.error_rate
    auc = float(roc_auc(confidence)) if 0 < acc < 1 else 0.0
    assert found.augrc == pytest.approx((1 - auc) * acc * (1 - acc) + (1 - acc) ** 2 / 2, abs=1e-9)


@given(some_rows(weighted=False, min_size=2))
def test_the_area_under_the_generalised_risk_is_a_chance_of_pairs(table: Rows) -> None:
    """Of two rows with replacement: the first is wrong and more confident; ties count half."""
    flagged = table.score >= 0.5
    confidence, wrong = np.where(flagged, table.score, 1 - table.score), flagged != table.positive
    first, second = np.meshgrid(np.arange(len(table)), np.arange(len(table)), indexing="ij")
    above = (confidence[first] > confidence[second]) + 0.5 * (confidence[first] == confidence[second])
    assert risk_coverage(confidence_of(table.tally())).augrc == pytest.approx((wrong[first] * above).mean())


@pytest.mark.parametrize("seed", range(3))
def test_the_area_under_the_selective_risk_is_its_integral(seed: int) -> None:
    confidence = confidence_of(random_rows(seed, 60, levels=12, weighted=True).tally())
    found = risk_coverage(confidence)
    rows_, wrong = (confidence.pos + confidence.neg)[::-1], confidence.neg[::-1]
    ends = np.append(0, np.cumsum(rows_)) / rows_.sum()
    errors = np.append(0, np.cumsum(wrong)) / rows_.sum()
    x = (np.arange(2_000_000) + 0.5) / 2_000_000
    assert found.aurc == pytest.approx((np.interp(x, ends, errors) / x).mean(), abs=1e-6)
    assert found.augrc == pytest.approx(np.interp(x, ends, errors).mean(), abs=1e-6)


def test_the_area_is_near_the_mean_risk_after_each_row() -> None:
    """The definition that averages over rows differs by about the inverse of their number."""
    confidence = confidence_of(MANY.tally())
    rng = np.random.default_rng(8)
    order = np.lexsort((rng.random(len(MANY)), -np.where(MANY.score >= 0.5, MANY.score, 1 - MANY.score)))
    wrong = ((MANY.score >= 0.5) != MANY.positive)[order]
    mean = (np.cumsum(wrong) / np.arange(1, len(MANY) + 1)).mean()
    assert risk_coverage(confidence).aurc == pytest.approx(mean, abs=20 / len(MANY))


def test_an_ideal_order_has_no_excess() -> None:
    ideal = risk_coverage(ScoreTally(np.array([0.6, 0.9]), np.array([0, 70]), np.array([30, 0])))
    assert ideal.aurc == pytest.approx(0.3 + 0.7 * np.log(0.7))
    assert ideal.e_aurc == pytest.approx(0, abs=1e-12)
    assert ideal.augrc == pytest.approx(0.3**2 / 2)


def test_confidence_that_tells_nothing_has_the_error_rate_as_risk() -> None:
    flat = risk_coverage(ScoreTally(np.array([0.7]), np.array([80]), np.array([20])))
    assert (flat.aurc, flat.augrc) == (pytest.approx(0.2), pytest.approx(0.1))


@pytest.mark.parametrize(("right", "wrong", "aurc", "augrc"), [(9, 0, 0.0, 0.0), (0, 9, 1.0, 0.5)])
def test_all_right_and_all_wrong_are_the_ends(right: int, wrong: int, aurc: float, augrc: float) -> None:
    found = risk_coverage(ScoreTally(np.array([0.7]), np.array([right]), np.array([wrong])))
    assert (found.aurc, found.e_aurc, found.augrc) == (
        pytest.approx(aurc),
        pytest.approx(0),
        pytest.approx(augrc),
    )


@given(some_rows(weighted=True))
def test_a_row_of_weight_two_is_two_rows(table: Rows) -> None:
    plain = replace(table, weight=None)
    twice = replace(table, weight=np.full(len(table), 2.0))
    one, two = (risk_coverage(confidence_of(t.tally())) for t in (plain, twice))
    assert (two.aurc, two.e_aurc, two.augrc) == pytest.approx((one.aurc, one.e_aurc, one.augrc), abs=1e-12)


def test_the_curve_counts_the_most_confident_rows() -> None:
    confidence = confidence_of(FEW.tally())
    found = risk_coverage(confidence)
    for cut, coverage, risk, of_all in zip(found.confidence, found.coverage, found.selective_risk, found.generalised_risk, strict=True):  # fmt: skip
        kept = np.where(FEW.score >= 0.5, FEW.score, 1 - FEW.score) >= cut
        wrong = kept & ((FEW.score >= 0.5) != FEW.positive)
        assert (coverage, risk, of_all) == pytest.approx(
            (kept.mean(), wrong.sum() / kept.sum(), wrong.mean())
        )
    assert (found.coverage[-1], found.selective_risk[-1]) == (1.0, pytest.approx(found.error_rate))


def test_bins_are_nearly_as_good_as_every_score() -> None:
    exact = risk_coverage(confidence_of(MANY.tally()))
    binned = risk_coverage(confidence_of(tally_of(MANY.score, MANY.positive, exact=False)))
    assert binned.error_rate == exact.error_rate
    assert (binned.aurc, binned.augrc) == pytest.approx((exact.aurc, exact.augrc), abs=2e-4)


def test_many_classes_have_a_risk_coverage_curve_too() -> None:
    drawn = random_classes(9, 400, 4)
    found = risk_coverage(confidence_tally(drawn.cases()))
    assert found.error_rate == (drawn.p.argmax(1) != drawn.truth).mean()
    assert found.e_aurc > 0


def test_a_risk_coverage_curve_is_of_rows() -> None:
    with pytest.raises(DataError, match="No row is left"):
        risk_coverage(ScoreTally(np.zeros(0), np.zeros(0), np.zeros(0)))
