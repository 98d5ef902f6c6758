"""What a search can look for, in which rows and columns, and what was kept back to confirm it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import metrics_core as mc
from metrics_core.discovery import Asked, discover, find
from metrics_core.errors import DataError
from metrics_core.grouping import Grouping, grouping
from tests.searched import found, loss_of, planted, scored


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
