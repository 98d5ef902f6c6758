"""Slices found: what is counted, what is reported, dropped and folded, and what is refused."""

from __future__ import annotations

import json
from itertools import combinations, product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import metrics_core as mc
from metrics_core.discovery import Asked, Discovery, discover, find
from metrics_core.discovery.cube import sum_slices
from metrics_core.discovery.lattice import count_slices
from metrics_core.discovery.picking import contributions, fold
from metrics_core.errors import DataError
from metrics_core.grouping import Grouping, grouping
from metrics_core.row_losses import RowLoss
from metrics_core.source import Cancelled

Codes = list[NDArray[np.int8]]


def by_hand(
    codes: Codes, loss: NDArray[Any], weight: NDArray[Any], depth: int, need: float
) -> dict[Any, Any]:
    """Count every conjunction the slow way: number of rows, weight and weighted loss by its column-level pairs."""
    found = {}
    for size in range(1, depth + 1):
        for columns in combinations(range(len(codes)), size):
            for values in product(*(range(int(codes[c].max()) + 1) for c in columns)):
                inside = np.all([codes[c] == v for c, v in zip(columns, values, strict=True)], axis=0)
                if weight[inside].sum() >= need and inside.any():
                    found[tuple(zip(columns, values, strict=True))] = (int(inside.sum()), float((weight * loss)[inside].sum()))  # fmt: skip
    return found


def named(items: Any, slices: NDArray[np.int32]) -> list[Any]:
    """Write conjunctions as pairs of column and level."""
    return [tuple((int(items.column[i]), int(items.value[i])) for i in s if i >= 0) for s in slices]


@st.composite
def tables(draw: st.DrawFn) -> tuple[Codes, NDArray[np.bool_]]:
    n, n_columns = draw(st.integers(1, 150)), draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    codes = [rng.integers(0, draw(st.integers(1, 4)), n).astype(np.int8) for _ in range(n_columns)]
    return codes, rng.random(n) < draw(st.sampled_from([0.0, 0.1, 0.5, 1.0]))


def planted(n: int = 4000, seed: int = 0, base: float = 0.1, more: float = 0.3, **extra: Any) -> pd.DataFrame:
    """Rows that are wrong more often where device is web and country NL."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "device": rng.choice(["app", "web", "tv"], n),
            "country": rng.choice(["DE", "FR", "NL", "AT"], n),
            "age": rng.integers(18, 80, n),
        }
    )
    inside = (frame["device"] == "web") & (frame["country"] == "NL")
    wrong = rng.random(n) < base + more * inside
    label = rng.integers(0, 2, n)
    return frame.assign(y=label, said=label ^ wrong, **extra)


def found(frame: pd.DataFrame, roles: dict[str, Any] | None = None, **asked: Any) -> Discovery:
    return discover(mc.read(frame, **{"y_true": "y", "y_pred": "said"} | (roles or {})), **asked)


def loss_of(wrong: Any, **more: Any) -> RowLoss:
    loss = np.asarray(wrong, dtype=np.float64)
    return RowLoss(loss=loss, rows=np.arange(loss.size), **more)


# ------------------------------------------------------------------------------------------------ counting


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


# ------------------------------------------------------------------------------------------------ finding


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


# ------------------------------------------------------------------------------------------------ losses and rows


def scored(n: int = 6000, seed: int = 0) -> pd.DataFrame:
    """Rows whose positives are missed in one city."""
    rng = np.random.default_rng(seed)
    city = rng.choice(["a", "b", "c"], n)
    label = (rng.random(n) < 0.3).astype(int)
    score = np.clip(0.25 + 0.5 * label + rng.normal(0, 0.15, n), 0.01, 0.99)
    score = np.where((city == "b") & (label == 1), score - 0.25, score)
    return pd.DataFrame({"y": label, "p": score.clip(0.001), "city": city, "amount": rng.exponential(10, n)})


def test_fnr_counts_positives_only_and_fpr_negatives_only() -> None:
    frame = scored()
    roles = {"y_pred": None, "y_score": "p"}
    missed, raised = (found(frame, roles, loss=loss, threshold=0.5) for loss in ("fnr", "fpr"))
    assert missed.rows == (frame["y"] == 1).sum()
    assert raised.rows == (frame["y"] == 0).sum()
    assert missed.slices[0].where.text == "city == 'b'"
    assert raised.rate == pytest.approx((frame["p"] >= 0.5)[frame["y"] == 0].mean())


def test_log_loss_is_a_mean_and_finds_the_same_city() -> None:
    frame = scored()
    d = found(frame, {"y_pred": None, "y_score": "p"}, loss="log_loss")
    each = -np.log(np.where(frame["y"] == 1, frame["p"], 1 - frame["p"]))
    assert d.rate == pytest.approx(each.mean())
    assert d.slices[0].where.text == "city == 'b'"
    assert d.slices[0].rate == pytest.approx(each[frame["city"] == "b"].mean())
    assert d.unit == "number"


def test_the_amount_decides_which_errors_count_how_much() -> None:
    frame = scored()
    d = found(
        frame,
        {"y_pred": None, "y_score": "p", "amount": "amount"},
        loss="amount",
        threshold=0.5,
        columns=["city"],
    )
    wrong = (frame["p"] >= 0.5) != (frame["y"] == 1)
    assert d.rate == pytest.approx(frame["amount"][wrong].sum() / frame["amount"].sum())
    inside = frame["city"] == "b"
    assert d.slices[0].errors == pytest.approx(frame["amount"][wrong & inside].sum())


def test_any_number_can_be_the_loss_of_the_lower_function() -> None:
    frame = planted()
    predictions = mc.read(frame, y_true="y", y_pred="said")
    residual = np.random.default_rng(0).exponential(1, len(frame)) * np.where(
        frame["country"] == "FR", 2.0, 1.0
    )
    d = find(
        [grouping(predictions.source, c) for c in ("device", "country")],
        loss_of(residual, is_rate=False),
        Asked(),
    )
    assert d.slices[0].where.text == "country == 'FR'"
    assert d.slices[0].method == "welch"


def test_many_classes_are_searched_by_their_errors() -> None:
    rng = np.random.default_rng(0)
    truth, part = rng.choice(["x", "y", "z"], 3000), rng.choice(["p", "q"], 3000)
    wrong = rng.random(3000) < np.where(part == "q", 0.4, 0.1)
    frame = pd.DataFrame({"t": truth, "said": np.where(wrong, np.roll(["x", "y", "z"], 1)[np.searchsorted(["x", "y", "z"], truth)], truth), "part": part})  # fmt: skip
    predictions = mc.read(frame, y_true="t", y_pred="said")
    assert discover(predictions).slices[0].where.text == "part == 'q'"
    with pytest.raises(DataError, match="one class against the rest"):
        discover(predictions, loss="fnr")
    against = discover(predictions.against_rest("x"), loss="fnr")
    assert against.rows == (truth == "x").sum()


def test_a_weight_of_two_equals_the_row_twice_when_it_says_how_many_rows_stand_there() -> None:
    frame = planted().assign(w=np.random.default_rng(4).integers(1, 4, 4000))
    twice = frame.loc[frame.index.repeat(frame["w"])].reset_index(drop=True)
    asked: dict[str, Any] = {"columns": ["device", "country"], "depth": 2}
    weighed = found(frame, {"weight": "w", "weight_kind": "frequency"}, **asked)
    plain = found(twice.drop(columns="w"), **asked)
    assert weighed.tested == plain.tested
    assert [one.where for one in weighed.slices] == [one.where for one in plain.slices]
    assert [one.q for one in weighed.slices] == pytest.approx([one.q for one in plain.slices])
    assert [one.low for one in weighed.slices] == pytest.approx([one.low for one in plain.slices])


def test_sampling_weights_make_the_rate_a_weighted_one_and_the_slice_less_sure() -> None:
    frame = planted().assign(w=np.random.default_rng(4).lognormal(0, 1.0, 4000))
    weighed = found(frame, {"weight": "w"}, columns=["device", "country"]).slices[0]
    plain = found(frame.drop(columns="w"), columns=["device", "country"]).slices[0]
    inside = (frame["device"] == "web") & (frame["country"] == "NL")
    wrong = frame["y"] != frame["said"].astype(int)
    assert weighed.where == plain.where
    assert weighed.rate == pytest.approx(frame["w"][inside & wrong].sum() / frame["w"][inside].sum())
    assert weighed.z < plain.z
    assert weighed.high - weighed.low > plain.high - plain.low


def test_equal_sampling_weights_change_hardly_anything() -> None:
    frame = planted().assign(w=3.0)
    weighed = found(frame, {"weight": "w"}, columns=["device", "country"]).slices[0]
    plain = found(frame.drop(columns="w"), columns=["device", "country"]).slices[0]
    assert (weighed.where, weighed.rows) == (plain.where, plain.rows)
    assert weighed.z == pytest.approx(plain.z, rel=0.02)
    assert (weighed.low, weighed.high) == pytest.approx((plain.low, plain.high), rel=0.02)


def test_rows_that_belong_together_count_as_one() -> None:
    few = planted(n=1500, seed=1, more=0.3)
    copies = pd.concat([few] * 6, ignore_index=True).assign(patient=np.tile(np.arange(1500), 6))
    asked: dict[str, Any] = {"columns": ["device", "country"]}
    naive, honest = (
        found(copies.drop(columns="patient"), **asked),
        found(copies, {"group": "patient"}, **asked),
    )
    assert naive.slices[0].z > 2 * honest.slices[0].z
    assert naive.slices[0].p < honest.slices[0].p
    once = found(few, **asked)
    assert honest.slices[0].where == once.slices[0].where
    assert honest.slices[0].z == pytest.approx(once.slices[0].z, rel=0.1)
    assert honest.slices[0].method == "groups"


def test_a_slice_of_few_groups_of_rows_is_not_reported() -> None:
    frame = planted(n=3000, more=0.8)
    inside = (frame["device"] == "web") & (frame["country"] == "NL")
    frame["clinic"] = np.where(inside, np.arange(3000) % 6, 10 + np.arange(3000) % 500)
    d = found(frame, {"group": "clinic"}, columns=["device", "country"])
    assert "device == 'web' and country == 'NL'" not in [one.where.text for one in d.slices]


def test_a_filter_narrows_the_rows() -> None:
    frame = planted()
    d = found(frame, where="age >= 40")
    assert d.rows == (frame["age"] >= 40).sum()
    assert d.where is not None


# ------------------------------------------------------------------------------------------------ columns


def test_columns_that_say_nothing_are_left_out_with_the_reason() -> None:
    frame = planted().assign(same="x", empty=None, code=[f"k{i}" for i in range(4000)])
    d = found(frame, columns=["device", "same", "empty", "code"])
    assert d.columns == ("device",)
    why = dict(d.left_out)
    assert why["same"] == "it has one group only"
    assert "no value" in why["empty"]
    assert "names rows" in why["code"]


def test_by_default_every_other_column_has_a_reason() -> None:
    frame = planted().assign(same="x", row_id=np.arange(4000))
    d = found(frame)
    assert set(d.columns) | {column for column, _ in d.left_out} == set(frame.columns)


def test_columns_said_to_be_slices_are_the_ones_that_are_searched() -> None:
    assert found(planted(), {"slices": ["age", "device"]}).columns == ("age", "device")


def test_at_depth_three_the_clearest_twelve_columns_are_searched_together() -> None:
    rng = np.random.default_rng(0)
    frame = planted(**{f"x{i}": rng.integers(0, 3, 4000) for i in range(12)})
    d = found(frame, depth=3)
    assert len(d.columns) == 12
    assert {"device", "country"} <= set(d.columns)
    assert sum("less clear than the 12 columns" in reason for _, reason in d.left_out) == 3
    assert len(found(frame, depth=3, columns=list(frame.columns.drop(["y", "said"]))).columns) == 15


def test_the_tests_of_columns_that_were_dropped_are_counted_too() -> None:
    rng = np.random.default_rng(0)
    codes = [rng.integers(0, 3, 3000).astype(np.int8) for _ in range(6)]
    frame = pd.DataFrame({f"x{i}": c for i, c in enumerate(codes)})
    source = mc.read(frame.assign(y=1, said=1, z=[0, 1] * 1500), y_true="z", y_pred="y", pos_label="1").source
    groups = [grouping(source, f"x{i}") for i in range(6)]
    loss = loss_of(rng.random(3000) < 0.2)
    two = find(groups, loss, Asked(depth=2, most_columns=2))
    assert two.tested == 6 * 3 + 9


def test_groups_made_elsewhere_are_searched_like_columns() -> None:
    predictions = mc.read(planted(), y_true="y", y_pred="said")
    made = grouping(predictions.source, "country")
    own = Grouping("land", made.levels, made.code.astype(np.int16))
    d = discover(predictions, columns=[own, "device"])
    assert d.columns == ("land", "device")
    assert d.slices[0].where.text == "country == 'NL' and device == 'web'"


def test_derived_columns_are_searched_by_their_names() -> None:
    frame = planted(note=["x" * (i % 40) for i in range(4000)])
    assert "length(note)" in found(frame, columns=["device", "length(note)"]).columns


def test_numbers_are_cut_into_as_many_ranges_as_asked_for() -> None:
    d = found(planted(), columns=["age"], bins=8, unclear=True, limit=20, depth=1)
    assert d.tested == 8


# ------------------------------------------------------------------------------------------------ kept back


def test_a_planted_slice_holds_on_the_half_kept_back_and_all_rows_are_in_one_half() -> None:
    d = found(planted(n=8000), confirm="half")
    first = d.slices[0]
    assert d.rows == 4000
    assert first.confirmed is not None
    assert first.confirmed.holds
    predictions = mc.read(planted(n=8000), y_true="y", y_pred="said")
    assert first.rows + first.confirmed.rows == predictions.mask(first.where).sum()


def test_the_test_rows_of_a_split_confirm() -> None:
    frame = planted(n=8000).assign(part=["train", "test"] * 4000)
    d = found(frame, {"split": "part"}, confirm="split")
    assert d.confirmed_on == "test (part)"
    first = d.slices[0]
    assert first.confirmed is not None
    test = frame[frame["part"] == "test"]
    inside = (test["device"] == "web") & (test["country"] == "NL")
    assert (first.confirmed.rows, first.confirmed.errors) == (
        inside.sum(), (test["y"] != test["said"].astype(int))[inside].sum()
    )  # fmt: skip


def test_what_only_the_searched_half_shows_does_not_hold() -> None:
    frame = planted(n=8000, more=0.0).assign(part=["a", "test"] * 4000)
    lucky = (frame["part"] == "a") & (frame["device"] == "web")
    frame["said"] = np.where(lucky & (np.arange(8000) % 4 < 2), 1 - frame["y"], frame["said"])
    d = found(frame, {"split": "part"}, confirm="split")
    assert d.slices[0].where.text == "device == 'web'"
    assert d.slices[0].confirmed is not None
    assert not d.slices[0].confirmed.holds


def test_groups_of_rows_stay_in_one_half() -> None:
    frame = planted(n=6000).assign(patient=np.arange(6000) // 5)
    d = found(frame, {"group": "patient"}, confirm="half")
    assert d.rows == 3000


# ------------------------------------------------------------------------------------------------ refusals, watching, JSON


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"depth": 4}, "join 1 to 3"),
        ({"min_support": 0}, "least support"),
        ({"score": "zz"}, "no score 'zz'"),
        ({"correction": "bonf"}, "no correction"),
        ({"loss": "erorr"}, "Did you mean 'error'"),
        ({"loss": "log_loss"}, "no log loss"),
        ({"loss": "amount"}, "--amount"),
        ({"loss": "abs_error"}, "numbers that were predicted"),
        ({"confirm": "third"}, "'half', 'split'"),
        ({"confirm": "split"}, "no split column"),
        ({"columns": ["devise"]}, "Did you mean 'device'"),
        ({"columns": []}, "no column to look"),
        ({"bins": 1}, "2 to 40"),
        ({"limit": 0}, "At least one"),
        ({"threshold": 0.5}, "needs a score"),
        ({"where": "age > 200"}, "No row that can be judged passes"),
        ({"model": "other"}, "no model"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError, match=said):
        found(planted(n=200), **asked)


def test_scores_that_are_no_probabilities_have_no_log_loss() -> None:
    frame = scored(500).assign(p=lambda f: 10 * f["p"])
    with pytest.raises(DataError, match="no probabilities"):
        found(frame, {"y_pred": None, "y_score": "p", "score_kind": "score"}, loss="log_loss")


def test_progress_rises_to_one_and_a_second_call_does_nothing_again() -> None:
    predictions = mc.read(planted(), y_true="y", y_pred="said")
    seen: list[float] = []
    first = discover(predictions, depth=3, progress=seen.append)
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0.0, 1.0)
    assert discover(predictions, depth=3) is first
    assert discover(predictions, depth=2) is not first


@pytest.mark.parametrize("after", [0, 1, 3, 10])
def test_a_search_can_be_given_up(after: int) -> None:
    asked = iter(range(1000))
    with pytest.raises(Cancelled):
        discover(
            mc.read(planted(), y_true="y", y_pred="said"), depth=3, cancelled=lambda: next(asked) >= after
        )


def test_the_json_is_strict_and_keeps_to_the_contract() -> None:
    shown = json.loads(json.dumps(found(planted(), confirm="half").to_dict(), allow_nan=False))
    one = shown["slices"][0]
    assert one["where"] == [{"column": "device", "value": "web"}, {"column": "country", "value": "NL"}]
    for key in (
        "rows",
        "errors",
        "rate",
        "rest_rate",
        "difference",
        "interval",
        "z",
        "p",
        "q",
        "share_of_errors",
        "also",
    ):
        assert key in one
    assert isinstance(shown["tested"], int)
    assert all(isinstance(level, dict) for levels in one["also"] for level in levels)


def test_the_frame_has_a_row_for_each_slice() -> None:
    d = found(planted())
    frame = d.frame()
    assert frame["where"].tolist() == [one.where.text for one in d.slices]
    assert frame["q"].tolist() == [one.q for one in d.slices]


def test_the_call_is_reached_through_slices() -> None:
    assert mc.slices.discover is discover


@settings(max_examples=10)
@given(st.integers(0, 10_000))
def test_what_is_reported_is_what_brute_force_reports(seed: int) -> None:
    from scipy.stats import false_discovery_control, hypergeom

    rng = np.random.default_rng(seed)
    n = 600
    frame = pd.DataFrame({f"c{j}": rng.choice(list("abc"), n) for j in range(3)})
    wrong = rng.random(n) < np.where((frame["c0"] == "a") & (frame["c1"] == "b"), 0.6, 0.15)
    label = rng.integers(0, 2, n)
    d = found(
        frame.assign(y=label, said=label ^ wrong),
        columns=["c0", "c1", "c2"],
        depth=3,
        limit=50,
        min_support=20,
    )
    need, all_wrong = max(20, int(np.ceil(5 / wrong.mean() - 1e-9))), int(wrong.sum())
    names, p = [], []
    for name, (m, k) in by_hand(
        [frame[c].map("abc".index).to_numpy(np.int8) for c in frame], wrong, np.ones(n), 3, need
    ).items():
        names.append(" and ".join(f"c{c} == '{'abc'[v]}'" for c, v in name))
        p.append(hypergeom.sf(k - 1, n, all_wrong, m))
    q = dict(zip(names, false_discovery_control(p), strict=True))
    assert d.tested == len(names)
    assert d.n_clear == sum(x <= 0.05 for x in q.values())
    for one in d.slices:
        assert one.q == pytest.approx(q[one.where.text], rel=1e-6)
