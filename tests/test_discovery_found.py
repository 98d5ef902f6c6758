"""Slices found: what is counted, reported, dropped and folded."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import metrics_core as mc
from metrics_core.discovery import discover
from metrics_core.discovery.cube import sum_slices
from metrics_core.discovery.lattice import count_slices
from metrics_core.discovery.picking import contributions, fold
from tests.searched import by_hand, found, named, planted, tables


@given(tables(), st.integers(1, 4), st.integers(1, 30))
def test_every_conjunction_with_enough_rows_is_counted_once(table: Any, depth: int, need: int) -> None:
    codes, wrong = table
    items, counted = count_slices(codes, [int(c.max()) + 1 for c in codes], wrong, depth=depth, need=need)
    names = named(items, counted.items)
    ours = dict(zip(names, zip(counted.rows.tolist(), counted.wrong.tolist(), strict=True), strict=True))
    assert len(ours) == len(names)
    assert ours == by_hand(codes, wrong, np.ones(wrong.size), depth, need)


@given(tables(), st.integers(1, 3), st.integers(1, 20))
def test_sums_are_those_of_the_slow_way(table: Any, depth: int, need: int) -> None:
    codes, wrong = table
    weight = np.random.default_rng(wrong.size).integers(0, 4, wrong.size) / 2
    loss = np.where(wrong, 2.5, -0.5)
    sizes = [int(c.max()) + 1 for c in codes]
    items, slices, sums = sum_slices(codes, sizes, [weight, weight * loss], depth=depth, need=need)
    expected = by_hand(codes, loss, weight, depth, need)
    assert set(named(items, slices)) == set(expected)
    for name, (_, total) in zip(named(items, slices), sums.tolist(), strict=True):
        assert total == pytest.approx(expected[name][1])


def test_many_rows_are_packed_in_several_pieces_and_counted_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    codes = [rng.integers(0, 5, 30_000).astype(np.int8) for _ in range(4)]
    wrong = rng.random(30_000) < 0.2
    whole = count_slices(codes, [5] * 4, wrong, depth=3, need=10)[1]
    monkeypatch.setattr("metrics_core.discovery.lattice._BITS", 4096)
    monkeypatch.setattr("metrics_core.discovery.lattice._WORDS", 64)
    parts = count_slices(codes, [5] * 4, wrong, depth=3, need=10)[1]
    assert (whole.items == parts.items).all()
    assert (whole.rows == parts.rows).all()
    assert (whole.wrong == parts.wrong).all()


def test_codes_beyond_the_levels_are_in_no_slice() -> None:
    codes = [np.array([0, 1, 2, -1] * 50, dtype=np.int8), np.array([0, 0, 0, 0] * 50, dtype=np.int8)]
    items, counted = count_slices(codes, [2, 1], np.ones(200, dtype=bool), depth=2, need=1)
    assert named(items, counted.items) == [
        ((0, 0),),
        ((0, 1),),
        ((1, 0),),
        ((0, 0), (1, 0)),
        ((0, 1), (1, 0)),
    ]


def test_the_planted_slice_is_found_first() -> None:
    first = found(planted()).slices[0]
    assert first.where.text == "device == 'web' and country == 'NL'"
    assert [(level.column, level.label) for level in first.levels] == [("device", "web"), ("country", "NL")]


def test_the_filter_of_a_slice_leads_to_its_rows() -> None:
    frame = planted()
    predictions = mc.read(frame, y_true="y", y_pred="said")
    for one in discover(predictions, depth=3, limit=20, unclear=True).slices:
        inside = predictions.mask(one.where)
        wrong = (frame["y"] != frame["said"].astype(int)).to_numpy()
        assert one.rows == inside.sum()
        assert one.errors == wrong[inside].sum()
        assert one.rate == pytest.approx(wrong[inside].mean())
        assert one.rest_rate == pytest.approx(wrong[~inside].mean())


def test_where_nothing_is_planted_nothing_is_reported_and_the_tests_are_counted() -> None:
    d = found(planted(more=0.0, seed=5))
    assert d.slices == ()
    assert d.tested > 40
    assert d.summary.startswith(f"{d.tested} slices of 3 columns tested; none")


def test_what_chance_explains_is_listed_only_when_asked_for_and_marked() -> None:
    d = found(planted(more=0.0, seed=5), unclear=True, limit=4)
    assert len(d.slices) == 4
    assert not any(one.clear for one in d.slices)
    assert all(one.q > 0.05 and one.rate > one.rest_rate for one in d.slices)


def test_without_errors_nothing_is_tested_and_a_note_says_why() -> None:
    d = found(planted(base=0.0, more=0.0).assign(y=lambda f: f["y"], said=lambda f: f["y"]))
    assert (d.tested, d.slices) == (0, ())
    assert "No row counts as wrong" in d.notes[-1]


def test_a_condition_that_adds_nothing_is_dropped() -> None:
    frame = planted(base=0.05, more=0.5, n=20_000)
    d = found(frame, depth=3, limit=30)
    assert d.n_repeated > 0
    assert not any(
        {level.column for level in one.levels} == {"country", "device", "age"} for one in d.slices[:1]
    )


def test_slices_of_mostly_the_same_rows_stand_under_the_clearest() -> None:
    frame = planted()
    frame["site"] = frame["device"].where(np.random.default_rng(2).random(len(frame)) < 0.95, "tv")
    first = found(frame).slices[0]
    folded = [{level.column for level in levels} for levels in first.also]
    assert {"country", "site"} in folded


def test_two_large_slices_that_have_nothing_to_do_with_each_other_are_not_folded() -> None:
    rng = np.random.default_rng(3)
    masks = [rng.random(10_000) < 0.85 for _ in range(2)]
    picked = fold([0, 1], lambda i: masks[i], np.ones(10_000), limit=5, tick=lambda _: None)
    assert picked.kept == [0, 1]


def test_covering_is_the_share_of_all_errors_in_the_first_slices_together() -> None:
    masks = [
        np.array([1, 1, 0, 0, 0], bool),
        np.array([0, 1, 1, 0, 0], bool),
        np.array([0, 0, 0, 1, 1], bool),
    ]
    loss = np.array([1.0, 1.0, 1.0, 0.0, 1.0])
    assert fold([0, 1, 2], lambda i: masks[i], loss, limit=3, tick=lambda _: None).covering == [
        0.5,
        0.75,
        1.0,
    ]


@given(st.integers(1, 5), st.integers(0, 10_000))
def test_contributions_add_up_to_the_divergence(size: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    known: dict[Any, float] = {}

    def divergence(sets: Any) -> NDArray[np.float64]:
        return np.array([known.setdefault(s, float(rng.normal())) for s in sets])

    shares = contributions(list(range(size)), divergence)
    assert sum(shares) == pytest.approx(known[tuple(range(size))])


def test_a_condition_without_effect_contributes_nothing() -> None:
    known = {(0,): 0.3, (1,): 0.0, (0, 1): 0.3}
    assert contributions([0, 1], lambda sets: np.array([known[s] for s in sets])) == pytest.approx((0.3, 0.0))


def test_lift_prefers_the_highest_rate_and_z_the_clearest() -> None:
    frame = planted(n=20_000)
    by_z, by_lift = found(frame, limit=30).slices, found(frame, score="lift", limit=30).slices
    assert [one.z for one in by_z] == sorted((one.z for one in by_z), reverse=True)
    assert [one.rate for one in by_lift] == sorted((one.rate for one in by_lift), reverse=True)


def test_sliceline_scores_as_its_paper_says() -> None:
    d = found(planted(), score="sliceline")
    one = d.slices[0]
    assert one.score == pytest.approx(0.95 * (one.rate / d.rate - 1) - 0.05 * (d.rows / one.rows - 1))


def test_stricter_corrections_report_no_more() -> None:
    frame = planted()
    n = {name: found(frame, correction=name).n_clear for name in ("bh", "by", "holm")}
    assert n["bh"] >= n["by"] > 0
    assert n["bh"] >= n["holm"] > 0
