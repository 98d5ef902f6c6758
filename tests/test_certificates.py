"""Promises: how they are read, which cuts keep them on small tables, and what is said when none does."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from metrics_core.decisions.certificates import Certificate, certify, together, verdict
from metrics_core.decisions.guaranteed import (
    MISSED,
    RANKS,
    fewest_flagged,
    flagged_cuts,
    guaranteed_curve,
)
from metrics_core.decisions.order_statistics import highest_rank, rate_low, rows_needed
from metrics_core.decisions.promises import SENTENCE, Promise, at_least, at_most
from metrics_core.errors import DataError
from metrics_core.reduce.scores import tally_of
from metrics_core.tally import ScoreTally


def counted(score: Any, positive: Any, **options: Any) -> ScoreTally:
    return tally_of(np.asarray(score, dtype=float), np.asarray(positive, dtype=bool), **options)


def parted(n: int = 200, share: float = 0.4, noise: float = 0.1, seed: int = 0) -> ScoreTally:
    """Rows of a fair model whose scores lie between 0 and 1."""
    rng = np.random.default_rng(seed)
    positive = rng.random(n) < share
    return counted(np.clip(0.3 + 0.4 * positive + rng.normal(0, noise, n), 0, 1), positive)


def one(tally: ScoreTally, promise: str, **options: Any) -> Certificate:
    (found,) = certify(tally, [promise], **options)
    return found


# --- reading a promise ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "key", "target", "allowed"),
    [
        ("recall>=0.9", "recall", 0.9, 0.1),
        (" Recall ≥ 90 % ", "recall", 0.9, 0.1),
        ("miss<=0.1", "fnr", 0.1, 0.1),
        ("miss_rate<=10%", "fnr", 0.1, 0.1),
        ("fnr ≤ .1", "fnr", 0.1, 0.1),
        ("fpr<=5%", "fpr", 0.05, 0.05),
        ("specificity>=0.95", "specificity", 0.95, 0.05),
        ("precision>=0.8", "precision", 0.8, 0.2),
    ],
)
def test_a_promise_is_read_from_text(text: str, key: str, target: float, allowed: float) -> None:
    promise = Promise.read(text)
    assert (promise.key, promise.target, promise.allowed) == (key, target, allowed)
    assert Promise.read(promise.text) == promise


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("recal>=0.9", "Nothing exact can be promised of 'recal'. Did you mean 'recall'?"),
        ("f1>=0.9", "Nothing exact can be promised of 'f1'. There are: 'recall', 'fnr', 'fpr'"),
        ("recall<=0.9", "'recall<=0.9' cannot be promised. Write 'recall>=0.9'."),
        ("fpr>0.1", "'fpr>0.1' cannot be promised. Write 'fpr<=0.1'."),
        ("recall>=90", "at 90: no number of rows can prove it.* write 90%"),
        ("recall>=1", "at 1: no number of rows can prove it"),
        ("precision>=0", "at 0: no number of rows can prove it"),
        ("recall>=nan", "no number of rows can prove it"),
        ("recall>=high", "'high' in 'recall>=high' is not a number"),
        ("recall", "'recall' is not a promise. Write a rate"),
        ("", "'' is not a promise"),
    ],
)
def test_what_cannot_be_promised_is_refused_with_a_way_out(text: str, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        Promise.read(text)


# --- ranks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "rows", "rank"),
    [
        *((0.9, rows, rank) for rows, rank in ((28, 0), (29, 1), (59, 2), (100, 5), (300, 22), (1000, 85))),
        *((0.95, rows, rank) for rows, rank in ((58, 0), (59, 1), (300, 9), (1000, 39))),
    ],
)
def test_the_rank_of_a_recall_is_the_published_one(target: float, rows: int, rank: int) -> None:
    assert highest_rank(rows, Promise("recall", target).allowed, 0.05) == rank


@pytest.mark.parametrize(("allowed", "k"), [(0.05, 962), (0.10, 916)])
def test_the_rank_of_a_false_positive_rate_is_the_published_one(allowed: float, k: int) -> None:
    """The umbrella's k is the least with sum_{j >= k} C(N, j) (1-a)^j a^(N-j) <= d; ours counts from the top."""
    assert 1000 + 1 - highest_rank(1000, allowed, 0.05) == k
    assert binom.sf(k - 1, 1000, 1 - allowed) <= 0.05 < binom.sf(k - 2, 1000, 1 - allowed)


@pytest.mark.parametrize(
    ("allowed", "risk", "rows"),
    [(0.05, 0.05, 59), (0.05, 0.10, 45), (0.10, 0.05, 29), (0.01, 0.05, 299), (0.5, 0.25, 2), (0.9, 0.01, 2)],
)
def test_the_rows_needed_are_the_published_ones(allowed: float, risk: float, rows: int) -> None:
    assert rows_needed(allowed, risk) == rows


@given(allowed=st.floats(0.005, 0.995), risk=st.floats(1e-4, 0.5))
def test_one_row_fewer_than_needed_certifies_nothing(allowed: float, risk: float) -> None:
    rows = rows_needed(allowed, risk)
    assert highest_rank(rows, allowed, risk) >= 1
    assert highest_rank(rows - 1, allowed, risk) == 0


@given(
    rows=st.integers(1, 400),
    allowed=st.floats(0.001, 0.999),
    risk=st.sampled_from((0.001, 0.0125, 0.05, 0.3)),
)
def test_the_rank_is_the_number_of_binomial_probabilities_within_the_risk(
    rows: int, allowed: float, risk: float
) -> None:
    assert highest_rank(rows, allowed, risk) == int(
        (binom.cdf(np.arange(rows + 1), rows, allowed) <= risk).sum()
    )


@pytest.mark.parametrize(("hits", "rows"), [(0, 7), (1, 7), (5, 7), (7, 7), (900, 1000)])
def test_the_lower_end_agrees_with_scipy(hits: int, rows: int) -> None:
    expected = binomtest(hits, rows, alternative="greater").proportion_ci(0.98, method="exact").low
    assert float(rate_low(hits, rows, 0.02)) == pytest.approx(expected, abs=1e-12)


# --- recall and false positive rate -----------------------------------------------------------------------------------


def test_recall_is_certified_up_to_the_score_of_the_ranked_positive() -> None:
    score = np.arange(100) / 100
    found = one(counted(score, np.ones(100)), "recall>=0.9")
    assert (found.holds, found.threshold, found.high, found.low) == (True, 0.04, 0.04, None)
    assert (found.n, found.rests_on, found.method) == (100, "positives", "order_statistic")


def test_the_false_positive_rate_is_certified_from_the_next_score_any_row_has() -> None:
    """Of 100 negatives 0.00 to 0.99 the umbrella takes the 96th; a positive lies between it and the 97th."""
    score = np.append(np.arange(100) / 100, 0.955)
    found = one(counted(score, np.arange(101) == 100), "fpr<=0.1")
    assert highest_rank(100, 0.1, 0.05) == 5
    assert (found.holds, found.threshold, found.low) == (True, 0.955, np.nextafter(0.95, 1))
    assert (found.n, found.rests_on) == (100, "negatives")


def test_above_the_highest_score_the_false_positive_rate_needs_a_cut_just_above_it() -> None:
    found = one(counted(np.full(100, 0.7), np.zeros(100)), "fpr<=0.1")
    assert (found.holds, found.threshold) == (True, np.nextafter(0.7, 1))


def test_equivalent_promises_get_the_same_certificate() -> None:
    tally = parted()
    pairs = (("recall>=0.9", "miss<=0.1"), ("fpr<=0.05", "specificity>=0.95"))
    for a, b in pairs:
        first, second = one(tally, a), one(tally, b)
        assert first.holds
        assert (first.threshold, first.low, first.high) == (second.threshold, second.low, second.high)


def test_tied_positives_are_kept_together() -> None:
    """The 5th lowest of 100 positives is one of twenty with the same score."""
    score = np.r_[np.full(3, 0.1), np.full(20, 0.3), np.linspace(0.5, 0.9, 77)]
    assert one(counted(score, np.ones(100)), "recall>=0.9").threshold == 0.3


@pytest.mark.parametrize(
    ("promise", "n", "reason"),
    [
        ("recall>=0.9", 28, "cannot be certified: needs at least 29 positives; there are 28"),
        ("fpr<=0.01", 28, "cannot be certified: needs at least 299 negatives; there are 28"),
        ("precision>=0.9", 50, "cannot be certified: needs at least 58 flagged rows without a false alarm; there are 50 rows in all"),
    ],
)  # fmt: skip
def test_too_few_rows_are_counted_in_the_reason(promise: str, n: int, reason: str) -> None:
    positive = np.zeros(50) if promise.startswith("fpr") else np.ones(50)
    positive[n:] = 1 - positive[n:]
    found = one(counted(np.arange(50) / 50, positive), promise)
    assert (found.holds, found.threshold, found.reason) == (False, None, reason)


@pytest.mark.parametrize("promise", ["recall>=0.5", "fpr<=0.5", "precision>=0.5"])
def test_an_empty_tally_certifies_nothing(promise: str) -> None:
    found = one(ScoreTally(np.empty(0), np.empty(0, int), np.empty(0, int)), promise)
    assert not found.holds
    assert found.n == 0


# --- bins -------------------------------------------------------------------------------------------------------------


@given(seed=st.integers(0, 10_000))
def test_bins_only_ever_move_a_cut_to_the_safe_side(seed: int) -> None:
    rng = np.random.default_rng(seed)
    positive = rng.random(400) < 0.4
    score = rng.random(400) ** 3 * 0.002 + 0.4 + 0.001 * positive  # a few bins hold them all
    exact = counted(score, positive, exact=True)
    binned = counted(score, positive, exact=False, coarse=True)
    for promise in ("recall>=0.8", "fpr<=0.2"):
        fine, rough = one(exact, promise), one(binned, promise)
        assert rough.holds
        if promise.startswith("recall"):
            assert rough.high <= fine.high
        else:
            assert rough.low >= fine.low
        binned.outcomes(rough.threshold)  # raises when the cut divides a bin
        assert fine.at(rough.threshold).holds


def test_a_precision_of_bins_is_certified_at_edges() -> None:
    rng = np.random.default_rng(3)
    score = rng.random(3000)
    binned = counted(score, rng.random(3000) < score, exact=False)
    found = one(binned, "precision>=0.7")
    assert found.holds
    assert set(found.cuts) <= set(binned.score.tolist())


# --- precision --------------------------------------------------------------------------------------------------------


@given(seed=st.integers(0, 10_000), decimals=st.sampled_from((1, 2, 12)), n=st.integers(20, 300))
def test_cuts_flag_the_rows_strictly_above_the_first_row_left_out(seed: int, decimals: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    score, positive = np.round(rng.normal(size=n), decimals), rng.random(n) < 0.5
    laid = flagged_cuts(counted(score, positive, exact=True), 5)
    down = np.append(np.sort(score)[::-1], -np.inf)
    expected = {}
    for m in np.rint(np.geomspace(5, n, RANKS)).astype(int):
        above = score > down[m]
        if above.any():
            expected[score[above].min()] = (int(above.sum()), int((above & ~positive).sum()))
    assert dict(zip(laid.threshold, zip(laid.flagged, laid.false, strict=True), strict=True)) == expected
    assert np.all(np.diff(laid.threshold) > 0)


def test_cuts_do_not_depend_on_the_labels() -> None:
    rng = np.random.default_rng(1)
    score = np.round(rng.normal(size=500), 2)
    laid = [flagged_cuts(counted(score, rng.random(500) < share), 20) for share in (0.1, 0.9)]
    np.testing.assert_array_equal(laid[0].threshold, laid[1].threshold)
    np.testing.assert_array_equal(laid[0].flagged, laid[1].flagged)
    assert not np.array_equal(laid[0].false, laid[1].false)


def test_the_row_that_sets_the_cut_is_no_evidence_for_it() -> None:
    laid = flagged_cuts(parted(500), 20)
    low = laid.precision_low(0.05)
    for flagged, false, bound in zip(laid.flagged, laid.false, low, strict=True):
        test = binomtest(int(flagged - 1 - false), int(flagged - 1), alternative="greater")
        expected = test.proportion_ci(1 - 0.05 / RANKS, method="exact").low
        assert bound == pytest.approx(expected, abs=1e-12)


def test_a_precision_is_first_certified_at_the_fewest_flagged_rows() -> None:
    fewest = fewest_flagged(0.8, 0.05)
    assert 0.8 ** (fewest - 1) <= 0.05 / RANKS < 0.8 ** (fewest - 2)
    score = np.arange(fewest, dtype=float)
    assert one(counted(score, np.ones(fewest)), "precision>=0.8").holds
    assert not one(counted(score[1:], np.ones(fewest - 1)), "precision>=0.8").holds
    assert not one(counted(score, score > 0), "precision>=0.8").holds


def test_of_several_certified_precision_cuts_the_lowest_is_named() -> None:
    found = one(parted(2000), "precision>=0.8")
    assert found.holds
    assert len(found.cuts) > 3
    assert found.threshold == min(found.cuts) == found.cuts[0]


def test_a_precision_out_of_reach_tells_the_best_bound() -> None:
    rng = np.random.default_rng(0)
    found = one(counted(rng.random(500), rng.random(500) < 0.3), "precision>=0.6")
    assert not found.holds
    assert found.reason is not None
    assert "none has a lower bound of 0.6; the best is 0." in found.reason


# --- what no promise can be made of -----------------------------------------------------------------------------------


def test_weighted_rows_cannot_be_certified() -> None:
    score, positive = np.arange(200) / 200, np.arange(200) > 100
    sampled = counted(score, positive, weight=np.full(200, 2.0))
    uneven = counted(score, positive, weight=np.full(200, 1.5), frequency=True)
    for tally in (sampled, uneven):
        found = one(tally, "recall>=0.8")
        assert (found.holds, found.n) == (False, None)
        assert (
            found.reason
            == "cannot be certified: the rows are weighted, and a promise rests on numbers of rows"
        )


def test_a_frequency_of_two_counts_like_the_row_twice() -> None:
    score, positive = np.arange(200) / 200, np.arange(200) > 80
    twice = counted(np.repeat(score, 2), np.repeat(positive, 2))
    assert one(counted(score, positive, weight=np.full(200, 2.0), frequency=True), "recall>=0.9") == one(
        twice, "recall>=0.9"
    )


def test_rows_that_belong_together_cannot_be_certified() -> None:
    found = one(parted(), "recall>=0.8", grouped=True)
    assert not found.holds
    assert found.reason == "cannot be certified: rows that belong together are not independent draws"


def test_several_tallies_at_once_are_our_mistake() -> None:
    tally = ScoreTally(np.arange(3.0), np.ones((2, 3), int), np.ones((2, 3), int))
    with pytest.raises(ValueError, match="one tally at a time"):
        certify(tally, ["recall>=0.9"])


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95.0, float("nan")])
def test_a_confidence_that_is_no_share_is_refused(confidence: float) -> None:
    with pytest.raises(DataError, match="Name a share above 0 and below 1"):
        certify(parted(), ["recall>=0.9"], confidence=confidence)


def test_a_confidence_in_percent_is_told_how_to_be_written() -> None:
    with pytest.raises(DataError, match=r"For 95 % write 0\.95"):
        certify(parted(), ["recall>=0.9"], confidence=95)


# --- several promises -------------------------------------------------------------------------------------------------


def test_the_risk_is_divided_among_the_promises_that_were_requested() -> None:
    tally = parted(1000)
    both = certify(tally, ["recall>=0.9", "fpr<=0.1"], confidence=0.9)
    assert [c.risk for c in both] == [0.05, 0.05]
    assert both[0].threshold == one(tally, "recall>=0.9", confidence=0.95).threshold
    later = one(tally, "recall>=0.9", confidence=0.9, requested=4)
    assert (later.risk, later.requested) == (0.025, 4)


def test_fewer_requested_than_asked_for_is_refused() -> None:
    with pytest.raises(DataError, match="2 promises are asked for"):
        certify(parted(), ["recall>=0.9", "fpr<=0.1"], requested=1)


def test_one_cut_keeps_all_promises_that_can_be_kept_together() -> None:
    tally = parted(3000, noise=0.06)
    found = certify(tally, ["recall>=0.9", "fpr<=0.05", "precision>=0.8"])
    joint = together(found)
    assert joint.holds
    assert joint.threshold in found[2].cuts
    assert all(c.at(joint.threshold).holds for c in found)
    lower = [cut for cut in found[2].cuts if cut < joint.threshold]
    assert not any(all(c.at(cut).holds for c in found) for cut in lower)


def test_promises_at_odds_are_named() -> None:
    found = certify(parted(500, noise=0.3), ["recall>=0.95", "fpr<=0.02", "precision>=0.5"])
    joint = together(found)
    assert not joint.holds
    assert joint.reason == (
        "not attainable with these data: "
        f"recall>=0.95 is certified for cuts up to {at_most(found[0].high or 0)}; "
        f"fpr<=0.02 is certified for cuts from {at_least(found[1].low or 0)}"
    )


def test_one_promise_that_cannot_be_certified_is_the_reason_for_all() -> None:
    joint = together(certify(parted(60), ["recall>=0.5", "fpr<=0.001"]))
    assert joint.threshold is None
    assert joint.reason is not None
    assert joint.reason.startswith("fpr<=0.001 cannot be certified: needs at least 3,688 negatives")


def test_the_stricter_of_two_precisions_keeps_both() -> None:
    """They are laid at different cuts, so what keeps both need not be on both lists."""
    found = certify(parted(3000), ["precision>=0.7", "precision>=0.9"])
    assert found[1].threshold not in found[0].cuts
    assert together(found).threshold == found[1].threshold


def test_the_stricter_of_two_recalls_keeps_both() -> None:
    found = certify(parted(3000), ["recall>=0.7", "recall>=0.9"])
    assert together(found).threshold == found[1].threshold


def test_certificates_of_two_calls_do_not_share_a_confidence() -> None:
    tally = parted()
    with pytest.raises(ValueError, match="one call of certify"):
        together([one(tally, "recall>=0.9"), one(tally, "fpr<=0.1")])
    with pytest.raises(ValueError, match="one call of certify"):
        together([])


# --- a given cut ------------------------------------------------------------------------------------------------------


def test_a_given_cut_is_judged_against_the_certified_ones() -> None:
    tally = parted(2000)
    recall, fpr, precision = certify(tally, ["recall>=0.9", "fpr<=0.05", "precision>=0.8"])
    assert verdict(recall, tally, recall.threshold).holds
    assert verdict(recall, tally, -5.0).holds
    assert not verdict(recall, tally, float(np.nextafter(recall.threshold, 1))).holds
    assert verdict(fpr, tally, fpr.threshold).holds
    assert not verdict(fpr, tally, float(np.nextafter(fpr.low, -1))).holds
    assert all(verdict(precision, tally, cut).holds for cut in precision.cuts)


def test_nothing_is_promised_between_the_certified_cuts_of_a_precision() -> None:
    tally = parted(2000)
    found = one(tally, "precision>=0.8")
    low, high = found.cuts[:2]
    given = verdict(found, tally, (low + high) / 2)
    assert not given.holds
    assert given.reason is not None
    assert f"nearest: {low!r}, {high!r}" in given.reason


def test_a_verdict_names_the_cut_it_was_asked_about() -> None:
    given = verdict("recall>=0.9", parted(), 0.9)
    assert (given.threshold, given.holds) == (0.9, False)
    assert given.reason == f"certified only for cuts up to {at_most(given.high or 0)}"


def test_a_cut_that_is_no_number_keeps_nothing() -> None:
    for promise in ("recall>=0.9", "fpr<=0.1", "precision>=0.7"):
        assert one(parted(2000), promise).holds
        assert not verdict(promise, parted(2000), float("nan")).holds


def test_a_verdict_on_a_promise_without_any_cut_keeps_its_reason() -> None:
    given = verdict("recall>=0.9", parted(20), 0.1)
    assert not given.holds
    assert given.reason is not None
    assert given.reason.startswith("cannot be certified: needs at least 29 positives")


@pytest.mark.parametrize(("cut", "down", "up"), [(0.1234567, "0.123456", "0.123457"), (0.62, "0.62", "0.62")])
def test_ends_in_sentences_are_rounded_to_where_they_still_hold(cut: float, down: str, up: str) -> None:
    assert (at_most(cut), at_least(cut)) == (down, up)


# --- JSON -------------------------------------------------------------------------------------------------------------


def test_a_certificate_is_strict_json_with_null_for_what_is_undefined() -> None:
    found = certify(parted(60), ["recall>=0.5", "precision>=0.99"])
    written = json.loads(json.dumps([c.to_dict() for c in found], allow_nan=False))
    assert {"promise", "confidence", "method", "threshold", "holds", "n", "reason", "sentence"} <= set(
        written[0]
    )
    assert (written[0]["promise"], written[0]["confidence"], written[0]["holds"]) == (
        "recall>=0.5",
        0.95,
        True,
    )
    assert (written[0]["low"], written[0]["reason"], written[0]["sentence"]) == (None, None, SENTENCE)
    assert (written[1]["threshold"], written[1]["holds"], written[1]["cuts"]) == (None, False, [])
    assert json.loads(json.dumps(together(found).to_dict(), allow_nan=False))["threshold"] is None


# --- the guaranteed curve ---------------------------------------------------------------------------------------------


def test_a_recall_bound_holds_at_every_lower_cut() -> None:
    curve = guaranteed_curve(parted(1000))
    assert np.all(np.diff(curve.recall_low) < 0)
    between = (curve.recall_threshold[2] + curve.recall_threshold[3]) / 2
    assert float(curve.recall_at(between)) == curve.recall_low[3]
    assert float(curve.recall_at(-1.0)) == curve.recall_low[0]
    assert np.isnan(curve.recall_at(curve.recall_threshold[-1] + 0.01))


def test_a_precision_bound_holds_at_its_cut_only() -> None:
    curve = guaranteed_curve(parted(1000))
    cuts = curve.cuts.threshold
    np.testing.assert_array_equal(curve.precision_at(cuts), curve.precision_low)
    assert np.isnan(curve.precision_at((cuts[1:] + cuts[:-1]) / 2)).all()


def test_the_curve_shares_the_risk_between_precision_and_recall() -> None:
    """Half for twenty precisions, half for ten recalls: each of those is broken with a chance of 0.005."""
    curve = guaranteed_curve(parted(1000), confidence=0.9)
    np.testing.assert_array_equal(curve.precision_low, curve.cuts.precision_low(0.05))
    n_pos = int(curve.tally.n_pos)
    rank = n_pos + 1 - curve.tally.outcomes(curve.recall_threshold).tp
    np.testing.assert_array_equal(rank, np.maximum(np.ceil(np.multiply(MISSED, n_pos)), 1))
    np.testing.assert_allclose(binom.cdf(rank - 1, n_pos, 1 - curve.recall_low), 0.005)


def test_the_curve_as_a_frame_has_no_value_where_nothing_is_promised() -> None:
    curve = guaranteed_curve(parted(1000))
    frame = curve.frame()
    assert list(frame.columns) == [
        "threshold",
        "flagged",
        "precision",
        "precision_low",
        "recall",
        "recall_low",
    ]
    assert frame["threshold"].is_monotonic_increasing
    assert frame["precision_low"].notna().sum() == curve.cuts.threshold.size
    shown = frame.dropna(subset=["precision_low", "recall_low"])
    assert (shown["precision_low"] <= shown["precision"]).all()
    assert (shown["recall_low"] <= shown["recall"]).all()


def test_the_curve_of_one_class_says_what_it_can() -> None:
    score = np.arange(50.0)
    negative = guaranteed_curve(counted(score, np.zeros(50), probability=False))
    assert negative.recall_low.size == 0
    assert negative.precision_low.max() == 0
    assert negative.frame()["recall"].isna().all()
    few = guaranteed_curve(counted([0.1, 0.2], [True, True]))
    assert few.precision_low.size == 0
    assert few.frame().shape[0] == 2


def test_no_curve_is_drawn_of_rows_that_are_not_independent() -> None:
    with pytest.raises(DataError, match="No guaranteed curve can be drawn: rows that belong together"):
        guaranteed_curve(parted(), grouped=True)


def test_importing_the_promises_loads_no_heavy_library() -> None:
    code = "import sys, metrics_core.decisions.certificates; print(sorted({'scipy', 'sklearn', 'pandas'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
