"""What the adviser says of forecasts: each rule fires, and is silent where it should be."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import metrics_core as mc
from demo_data import demo
from tests.forecasted import read, tables


def said(id: str, ahead: pd.DataFrame, whole: pd.DataFrame | None = None, **roles: object) -> list[str]:
    """Texts of the findings of an id."""
    return [f.text for f in mc.evaluate(read(ahead, whole, **roles)).findings if f.id == id]


def drawn(off, **how: object) -> tuple[pd.DataFrame, pd.DataFrame]:
    return tables(off=off, **how)  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------ W28


def test_w28_a_forecast_worse_than_the_seasonal_naive_one() -> None:
    ahead, whole = drawn(lambda t, rng: rng.normal(0, 6, len(t)))
    (text,) = said("W28", ahead, whole)
    known = whole.set_index(["shop", "time"])["sold"]
    before = [known[shop, time - pd.Timedelta(days=4)] for shop, time in zip(ahead["shop"], ahead["time"], strict=True)]  # fmt: skip
    ours, theirs = (ahead["forecast"] - ahead["sold"]).abs().sum(), np.abs(before - ahead["sold"]).sum()
    assert f"repeating the value one season before would have an absolute error that is {100 * (1 - theirs / ours):.1f} % smaller" in text.lower()  # fmt: skip
    assert "(smaller in 10 of 10 series)" in text


def test_w28_worse_in_most_series_though_not_on_the_whole() -> None:
    """Six of ten series are worse, but the four others are so large that they decide."""
    ahead, whole = drawn(lambda t, rng: np.where(t["shop"] < "s6", 1, 0) * rng.normal(0, 6, len(t)))
    big = whole["shop"] >= "s6"
    whole.loc[big, "sold"] = 50 + 40 * (whole.loc[big, "sold"] - 50)
    own = ahead["shop"] >= "s6"
    ahead.loc[own, "sold"] = 50 + 40 * (ahead.loc[own, "sold"] - 50)
    ahead.loc[own, "forecast"] = ahead.loc[own, "sold"]
    (text,) = said("W28", ahead, whole)
    assert "repeating the value one season before is nearer to the truth in 6 of 10 series, though not on the whole" in text.lower()  # fmt: skip


def test_w28_is_silent_where_the_forecast_is_better() -> None:
    assert said("W28", *tables()) == []


# ------------------------------------------------------------------------------------------------ W29


def test_w29_one_series_carries_much_of_the_error() -> None:
    ahead, whole = drawn(lambda t, _: np.where(t["shop"] == "s4", 9.0, 1.0))
    (text,) = said("W29", ahead, whole)
    assert text.startswith("The series 's4' carries 50% of the absolute error of 10 series")


@pytest.mark.parametrize("n_series", [10, 4])
def test_w29_is_silent_where_none_does_or_series_are_few(n_series: int) -> None:
    """Of four equal series each carries a quarter; one of them a little more."""
    ahead, whole = drawn(lambda t, _: np.where(t["shop"] == "s1", 1.5, 1.0), n_series=n_series)
    assert said("W29", ahead, whole) == []


# ------------------------------------------------------------------------------------------------ W30


def test_w30_the_error_rises_along_the_origins() -> None:
    ahead, whole = drawn(lambda t, rng: rng.normal(0, 1 + 0.2 * t["place"], len(t)), n_origins=16)
    (text,) = said("W30", ahead, whole)
    assert text.startswith("The mean scaled error rises from ")
    assert "by a straight line (p < 0.001)" in text


def test_w30_without_a_history_it_is_the_mean_absolute_error() -> None:
    ahead, _ = drawn(lambda t, rng: rng.normal(0, 1 + 0.2 * t["place"], len(t)), n_origins=16)
    ahead["sold"] = 7.0
    ahead["forecast"] = 7 + np.random.default_rng(0).normal(0, 1 + 0.2 * ahead["place"])
    (text,) = said("W30", ahead)
    assert text.startswith("The mean absolute error rises from ")


def test_w30_names_the_series_whose_bias_moves() -> None:
    ahead, whole = drawn(lambda t, rng: rng.normal(0, 1, len(t)) + 0.8 * t["place"] * (t["shop"] == "s3"), n_series=40, n_origins=14)  # fmt: skip
    (text,) = said("W30", ahead, whole)
    assert "The bias of 1 of 40 series moves from the first to the last origin: 's3' from " in text


def test_w30_is_silent_without_a_drift() -> None:
    assert said("W30", *tables(n_origins=16)) == []


def test_w30_finds_the_planted_series_of_the_demo_alone() -> None:
    of = demo("demand")
    found = mc.evaluate(mc.read(str(of.path), **of.roles)).models[0].findings
    (text,) = [f.text for f in found if f.id == "W30"]
    assert text.startswith("The bias of 1 of 40 series moves from the first to the last origin: 'Station · bread' from +4.51 to +55.6.")  # fmt: skip


# ------------------------------------------------------------------------------------------------ W31


@pytest.mark.parametrize(("far", "way"), [(3.0, "narrow"), (0.2, "wide")])
def test_w31_intervals_that_do_not_hold_far_ahead(far: float, way: str) -> None:
    ahead, whole = drawn(lambda t, rng: rng.normal(0, np.where(t["horizon"] > 4, far, 1.0), len(t)), n_series=30, n_origins=12, n_ahead=6)  # fmt: skip
    (text,) = said("W31", ahead, whole)
    rows = ahead[ahead["horizon"] > 4]
    held = 100 * ((rows["sold"] >= rows["low"]) & (rows["sold"] <= rows["high"])).mean()
    assert text.startswith(f"Too {way} far ahead: the 80 % interval holds {held:.1f} % of the true values 5 and more steps ahead")  # fmt: skip
    assert "up to 2." in text


def test_w31_is_silent_where_intervals_hold_or_fail_everywhere_alike() -> None:
    for spread in (1.0, 3.0):
        ahead, whole = drawn(lambda t, rng, s=spread: rng.normal(0, s, len(t)), n_series=30, n_ahead=6)
        assert said("W31", ahead, whole) == []


def test_w31_is_silent_without_intervals_and_with_few_horizons() -> None:
    ahead, whole = drawn(lambda t, rng: rng.normal(0, np.where(t["horizon"] > 1, 3.0, 1.0), len(t)), n_ahead=2)  # fmt: skip
    assert said("W31", ahead, whole) == []
    assert said("W31", *drawn(lambda t, rng: rng.normal(0, np.where(t["horizon"] > 4, 3.0, 1.0), len(t)), n_ahead=6), interval=None) == []  # fmt: skip


# ------------------------------------------------------------------------------------------------ W32


def test_w32_most_series_are_off_to_one_side() -> None:
    ahead, whole = drawn(lambda t, rng: rng.normal(np.where(t["shop"] < "s8", -1.0, 0.0), 1))
    (text,) = said("W32", ahead, whole)
    assert text.startswith("The forecasts are too low in 8 of 10 series") or text.startswith("The forecasts are too low in 9 of 10")  # fmt: skip


def test_w32_is_silent_where_series_are_off_to_both_sides() -> None:
    ahead, whole = drawn(lambda t, rng: rng.normal(np.where(t["shop"] < "s5", -1.0, 1.0), 1))
    assert said("W32", ahead, whole) == []


# ------------------------------------------------------------------------------------------------ W33


def test_w33_a_history_shorter_than_two_seasons() -> None:
    ahead, whole = tables(n_known=20)
    short = (whole["shop"] != "s2") | (whole["time"] >= pd.Timestamp("2025-01-15"))
    (text,) = said("W33", ahead, whole[short].reset_index(drop=True))
    assert text.startswith("1 of 10 series have fewer than two seasons (8 values) known before their first forecast: 's2' (6).")  # fmt: skip


def test_w33_is_silent_with_a_longer_history_or_no_season() -> None:
    ahead, whole = tables(n_known=8)
    assert said("W33", ahead, whole) == []
    ahead, whole = tables(n_known=6)
    assert said("W33", ahead, whole) != []
    assert said("W33", ahead, whole, season=1) == []


# ------------------------------------------------------------------------------------------------ the loss


def test_the_scaled_error_is_a_loss_of_rows_and_says_what_it_leaves_out() -> None:
    from metrics_core.row_losses import losses_of, row_loss

    ahead, whole = tables(n_series=4)
    whole.loc[whole["shop"] == "s3", "sold"] = 7.0
    cases = read(ahead, whole).judged()
    assert "scaled_error" in losses_of(cases)
    assert "scaled_error" not in losses_of(read(ahead, whole.assign(sold=7.0)).judged())
    found = row_loss(cases, "scaled_error")
    own = (ahead["shop"] != "s3").to_numpy()
    size = (ahead["forecast"] - ahead["sold"]).abs().to_numpy()[own]
    assert found.loss.tolist() == pytest.approx((size / cases.scale[own]).tolist())  # type: ignore[attr-defined]
    assert found.rows.tolist() == np.flatnonzero(own).tolist()
    assert found.left_out == int((~own).sum())
    assert (found.label, found.unit) == ("Mean scaled error", "number")


def test_a_search_for_scaled_errors_finds_the_group_that_has_them_and_says_what_is_left_out() -> None:
    from metrics_core.discovery import discover

    ahead, whole = drawn(lambda t, rng: rng.normal(0, np.where(t["shop"].isin(["s1", "s4", "s7", "s8"]), 4.0, 1.0), len(t)), n_series=30)  # fmt: skip
    ahead["kind"] = np.where(ahead["shop"].isin(["s1", "s4", "s7", "s8"]), "kiosk", "store")
    whole.loc[whole["shop"] == "s9", "sold"] = 7.0
    found = discover(read(ahead, whole), loss="scaled_error", columns=["kind"])
    assert found.notes[-1] == "36 rows of series without a scale are left out."


@pytest.mark.parametrize(("frame", "why"), [("forecasts", "No series has a history that changes"), ("numbers", "is for forecasts of series, and these rows are none")])  # fmt: skip
def test_without_scales_the_search_says_what_is_missing(frame: str, why: str) -> None:
    from metrics_core.discovery import discover

    ahead, whole = tables(n_series=4)
    predictions = read(ahead, whole.assign(sold=7.0)) if frame == "forecasts" else mc.read(ahead[["sold", "forecast", "shop"]], task="regression", y_true="sold", y_pred="forecast")  # fmt: skip
    with pytest.raises(mc.DataError, match=why):
        discover(predictions, loss="scaled_error", columns=["shop"])
