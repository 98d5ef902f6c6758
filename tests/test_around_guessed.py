"""Intervals, quantiles and standard deviations found by the names other tools give them, and borne out by values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from metrics_core import DataError, Predictions, read
from metrics_core.around_guesses import without_level
from metrics_core.roles import Model

RNG = np.random.default_rng(7)
N = 200
Y = RNG.normal(150, 60, N).round(2)
F = (Y + RNG.normal(0, 30, N)).round(2)
#: Widths of the central intervals of a normal distribution of standard deviation 30.
WIDTH = {0.5: 20.2, 0.8: 38.4, 0.9: 49.3, 0.95: 58.8, 0.99: 77.3}
QUANTILE = {0.025: -58.8, 0.05: -49.3, 0.1: -38.4, 0.25: -20.2, 0.5: 0.0, 0.75: 20.2, 0.9: 38.4, 0.95: 49.3, 0.975: 58.8, 0.99: 69.8}  # fmt: skip


def table(y_true: str, y_pred: str, columns: dict[str, float], pred: Any = F) -> pd.DataFrame:
    return pd.DataFrame({y_true: Y, y_pred: pred, **{name: pred + shift for name, shift in columns.items()}})


def ends(pairs: dict[float, tuple[str, str]]) -> dict[str, float]:
    return {
        name: sign * WIDTH[level]
        for level, of in pairs.items()
        for name, sign in zip(of, (-1, 1), strict=True)
    }


def model_of(frame: pd.DataFrame, **roles: Any) -> Model:
    return read(frame, **roles).roles.models[0]


# ------------------------------------------------------------------------------------------------ foreign names


INTERVALS: list[tuple[str, str, str, dict[float, tuple[str, str]]]] = [
    ("plain", "y_true", "y_pred", {0.5: ("lower_50", "upper_50"), 0.95: ("lower_95", "upper_95")}),
    ("short", "y_true", "y_pred", {0.9: ("pred_lo_90", "pred_hi_90")}),
    ("nixtla", "y", "AutoARIMA", {0.8: ("AutoARIMA-lo-80", "AutoARIMA-hi-80"), 0.95: ("AutoARIMA-lo-95", "AutoARIMA-hi-95")}),
    ("nixtla bare", "y", "prediction", {0.8: ("lo-80", "hi-80")}),
    ("nixtla decimal level", "y", "TimeGPT", {0.995: ("TimeGPT-lo-99.5", "TimeGPT-hi-99.5")}),
    ("R forecast", "actual", "Point Forecast", {0.8: ("Lo 80", "Hi 80"), 0.95: ("Lo 95", "Hi 95")}),
    ("R yardstick", "truth", "estimate", {0.95: (".pred_lower_95", ".pred_upper_95")}),
    ("prophet with a level", "y", "yhat", {0.8: ("yhat_lower_80", "yhat_upper_80")}),
    ("l and u", "y_true", "y_pred", {0.95: ("L95", "U95")}),
    ("fraction", "y_true", "y_pred", {0.9: ("y_pred_lower_0.9", "y_pred_upper_0.9")}),
    ("underscored fraction", "y_true", "y_pred", {0.9: ("lower_0_9", "upper_0_9")}),
    ("ci in front", "y_true", "y_pred", {0.95: ("ci_95_lower", "ci_95_upper")}),
    ("level in front", "y_true", "y_pred", {0.9: ("90% PI lower", "90% PI upper")}),
    ("shares below the ends", "y_true", "y_pred", {0.9: ("lower_5", "upper_95")}),
    ("after the truth", "sales", "sales_pred", {0.9: ("sales_lower_90", "sales_upper_90")}),
    ("camel case", "yTrue", "yPred", {0.9: ("predLower90", "predUpper90")}),
    ("German", "Wahrheit", "Vorhersage", {0.9: ("untere_Grenze_90", "obere_Grenze_90")}),
    ("French", "cible", "prediction", {0.9: ("borne_inf_90", "borne_sup_90")}),
    ("Spanish", "objetivo", "prediccion", {0.9: ("limite_inferior_90", "limite_superior_90")}),
    ("model with a number", "y_true", "pred_2", {0.9: ("pred_2_lo_90", "pred_2_hi_90")}),
]  # fmt: skip
WIDTH[0.995] = 84.2


@pytest.mark.parametrize(("y_true", "y_pred", "pairs"), [case[1:] for case in INTERVALS], ids=[case[0] for case in INTERVALS])  # fmt: skip
def test_the_ends_of_intervals_are_found_by_name(y_true: str, y_pred: str, pairs: dict[float, tuple[str, str]]) -> None:  # fmt: skip
    frame = table(y_true, y_pred, ends(pairs))
    named = {"y_true": y_true, "y_pred": y_pred} if y_pred == "Point Forecast" else {}
    model = model_of(frame, **named)
    assert model.y_pred == y_pred
    assert model.interval == tuple((level, *of) for level, of in sorted(pairs.items()))
    assert model.quantile == ()
    assert model.y_std is None


QUANTILES: list[tuple[str, dict[str, float]]] = [
    ("plain", {"q10": 0.1, "q50": 0.5, "q90": 0.9}),
    ("decimal", {"q0.1": 0.1, "q0.9": 0.9}),
    ("sanitised", {"q0_1": 0.1, "q0_9": 0.9}),
    ("word", {"quantile_0.25": 0.25, "quantile_0.75": 0.75}),
    ("Amazon", {"p10": 0.1, "p50": 0.5, "p90": 0.9}),
    ("forecast of Amazon", {"forecast_p10": 0.1, "forecast_p90": 0.9}),
    ("AutoGluon", {"0.1": 0.1, "0.5": 0.5, "0.9": 0.9}),
    ("R", {"2.5%": 0.025, "97.5%": 0.975}),
    ("brms", {"Q2.5": 0.025, "Q97.5": 0.975}),
    ("thousandths", {"q025": 0.025, "q975": 0.975}),
    ("hundredths", {"q05": 0.05, "q95": 0.95}),
    ("one digit beside two", {"p5": 0.05, "p95": 0.95}),
    ("percentile", {"percentile_10": 0.1, "percentile_90": 0.9}),
    ("after the prediction", {"y_pred_0.1": 0.1, "y_pred_0.9": 0.9}),
    ("after the truth", {"y_true_q10": 0.1, "y_true_q90": 0.9}),
    ("behind", {"0.05_quantile": 0.05, "0.95_quantile": 0.95}),
    ("German", {"Quantil_10": 0.1, "Quantil_90": 0.9}),
]


@pytest.mark.parametrize("shares", [case[1] for case in QUANTILES], ids=[case[0] for case in QUANTILES])
def test_quantiles_are_found_by_name(shares: dict[str, float]) -> None:
    frame = table("y_true", "y_pred", {name: QUANTILE[share] for name, share in shares.items()})
    model = model_of(frame)
    assert model.y_pred == "y_pred"
    assert model.quantile == tuple((share, name) for name, share in shares.items())
    assert model.interval == ()


@pytest.mark.parametrize("name", ["y_std", "sigma", "std", "y_pred_std", "pred_sd", "predicted standard deviation", "prediction.stddev"])  # fmt: skip
def test_a_standard_deviation_is_found_by_name(name: str) -> None:
    frame = table("y_true", "y_pred", {}).assign(**{name: RNG.uniform(20, 40, N)})
    assert model_of(frame).y_std == name


def test_the_reasons_name_the_columns_and_the_levels() -> None:
    frame = table("y_true", "y_pred", {**ends({0.5: ("lo_50", "hi_50"), 0.9: ("lo_90", "hi_90")}), "q10": -40, "q90": 40}).assign(y_std=30.0 + np.arange(N) / N)  # fmt: skip
    reasons = read(frame).reasons
    assert reasons["interval"] == "named 'lo_50' and 'hi_50' (50%), 'lo_90' and 'hi_90' (90%)"
    assert reasons["quantile"] == "named 'q10' (0.1), 'q90' (0.9)"
    assert reasons["y_std"] == "named 'y_std'"


# ------------------------------------------------------------------------------------------------ of several models


def two_models(**more: Any) -> pd.DataFrame:
    return pd.DataFrame({"y_true": Y, "pred_ridge": F, "pred_forest": F + 1, **more})


def both(frame: pd.DataFrame) -> Predictions:
    return read(frame, y_true="y_true", y_pred={"ridge": "pred_ridge", "forest": "pred_forest"})


def test_each_model_gets_the_columns_that_carry_its_name() -> None:
    roles = both(two_models(ridge_lo_90=F - 50, ridge_hi_90=F + 50, forest_q10=F - 40, forest_q90=F + 40, ridge_std=F * 0 + 30)).roles  # fmt: skip
    ridge, forest = roles.models
    assert ridge.interval == ((0.9, "ridge_lo_90", "ridge_hi_90"),)
    assert ridge.y_std == "ridge_std"
    assert forest.quantile == ((0.1, "forest_q10"), (0.9, "forest_q90"))
    assert (forest.interval, ridge.quantile) == ((), ())


def test_a_model_may_stand_behind_its_interval() -> None:
    ridge, _ = both(two_models(lo_90_ridge=F - 50, hi_90_ridge=F + 50)).roles.models
    assert ridge.interval == ((0.9, "lo_90_ridge", "hi_90_ridge"),)


def test_an_interval_of_nobody_is_nobodys_where_there_are_two_models() -> None:
    models = both(two_models(lo_90=F - 50, hi_90=F + 50)).roles.models
    assert [m.interval for m in models] == [(), ()]


def test_models_whose_intervals_were_named_keep_those_and_the_others_are_guessed() -> None:
    frame = two_models(a=F - 9, b=F + 9, ridge_q10=F - 40, ridge_q90=F + 40, forest_q10=F - 40, forest_q90=F + 40)  # fmt: skip
    roles = read(frame, y_true="y_true", y_pred={"ridge": "pred_ridge", "forest": "pred_forest"}, interval={"ridge": {"0.5": "a,b"}}).roles  # fmt: skip
    ridge, forest = roles.models
    assert ridge.interval == ((0.5, "a", "b"),)
    assert ridge.quantile == ()
    assert forest.quantile == ((0.1, "forest_q10"), (0.9, "forest_q90"))


def test_an_empty_mapping_says_that_there_are_none() -> None:
    frame = table("y_true", "y_pred", ends({0.9: ("lo_90", "hi_90")}))
    assert model_of(frame, interval={}).interval == ()
    assert [m.interval for m in read(two_models(ridge_lo_90=F - 5, ridge_hi_90=F + 5), y_true="y_true",
                                     y_pred={"ridge": "pred_ridge", "forest": "pred_forest"}, interval={}).roles.models] == [(), ()]  # fmt: skip


# ------------------------------------------------------------------------------------------------ what values refuse


def untaken(frame: pd.DataFrame) -> bool:
    model = model_of(frame)
    return model.interval == () and model.quantile == () and model.y_std is None


def test_one_end_alone_is_no_interval() -> None:
    assert untaken(table("y_true", "y_pred", {"lower_90": -50}))


def test_ends_that_do_not_enclose_are_no_interval() -> None:
    assert untaken(table("y_true", "y_pred", {"lower_90": 50, "upper_90": -50}))


def test_ends_far_from_the_prediction_are_no_interval_of_it() -> None:
    assert untaken(table("y_true", "y_pred", {"lower_90": 9_000, "upper_90": 9_100}))


def test_quantiles_that_do_not_ascend_are_none() -> None:
    assert untaken(table("y_true", "y_pred", {"q10": 40, "q90": -40}))


def test_one_quantile_alone_is_not_taken() -> None:
    assert untaken(table("y_true", "y_pred", {"q90": 40}))


def test_quartiles_and_numbered_columns_are_no_quantiles() -> None:
    assert untaken(table("y_true", "y_pred", {"q1": -20, "q2": 0, "q3": 20}))


def test_a_level_below_one_half_may_be_what_lies_outside_and_is_not_taken() -> None:
    assert untaken(table("y_true", "y_pred", {"lower_10": -50, "upper_10": 50}))


def test_two_columns_for_one_share_leave_all_quantiles_open() -> None:
    assert untaken(table("y_true", "y_pred", {"q10": -40, "p10": -41, "q90": 40}))


def test_a_standardised_feature_is_no_deviation() -> None:
    frame = table("y_true", "y_pred", {}).assign(income_std=RNG.uniform(1, 2, N), y_std=RNG.normal(0, 1, N))
    assert untaken(frame)


def test_a_deviation_of_another_size_is_not_taken() -> None:
    assert untaken(table("y_true", "y_pred", {}).assign(sigma=RNG.uniform(1e6, 2e6, N)))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_guess_takes_no_row_away(bad: float) -> None:
    frame = table("y_true", "y_pred", ends({0.9: ("lo_90", "hi_90")}))
    frame.loc[3, "lo_90"] = bad
    predictions = read(frame)
    assert predictions.roles.models[0].interval == ()
    assert len(predictions.judged()) == N
    assert len(read(frame, interval={"0.9": "lo_90,hi_90"}).judged()) == N - 1


def test_rows_without_a_prediction_need_no_interval() -> None:
    frame = table("y_true", "y_pred", ends({0.9: ("lo_90", "hi_90")}))
    frame.loc[3, ["y_pred", "lo_90", "hi_90"]] = np.nan
    assert model_of(frame).interval == ((0.9, "lo_90", "hi_90"),)


def test_a_few_crossed_rows_do_not_hide_an_interval() -> None:
    frame = table("y_true", "y_pred", ends({0.9: ("lo_90", "hi_90")}))
    frame.loc[:2, ["lo_90", "hi_90"]] = [900.0, 100.0]
    predictions = read(frame)
    assert predictions.roles.models[0].interval == ((0.9, "lo_90", "hi_90"),)
    assert "ends-crossed" in {f.id for f in predictions.findings}


def test_classes_have_no_intervals() -> None:
    frame = pd.DataFrame({"y_true": np.arange(N) % 2, "y_score": RNG.random(N), "lo_90": 0.1, "hi_90": 0.9})
    model = model_of(frame)
    assert (model.y_score, model.interval) == ("y_score", ())


def test_a_column_whose_name_has_a_comma_is_left_to_be_named() -> None:
    assert untaken(table("y_true", "y_pred", {"lo,90": -50, "hi,90": 50}))


# ------------------------------------------------------------------------------------------------ the prediction itself


def test_the_predicted_median_stands_for_a_prediction_where_there_is_no_other() -> None:
    frame = table("y_true", "q50", {"q10": -40, "q90": 40})
    model = model_of(frame)
    assert model.y_pred == "q50"
    assert model.quantile == ((0.1, "q10"), (0.5, "q50"), (0.9, "q90"))


def test_without_a_median_quantiles_alone_are_no_prediction() -> None:
    frame = pd.DataFrame({"y_true": Y, "q10": F - 40, "q90": F + 40})
    with pytest.raises(DataError, match="measurements"):
        read(frame)


def test_an_interval_without_a_level_is_listed_and_not_taken() -> None:
    predictions = read(table("y", "yhat", {"yhat_lower": -50, "yhat_upper": 50, "price_low": -1}))
    assert predictions.roles.models[0].interval == ()
    assert without_level(predictions.source, "y", predictions.roles.models) == [("yhat_lower", "yhat_upper")]


def test_a_used_interval_is_not_listed_again() -> None:
    predictions = read(table("y", "yhat", {"yhat_lower": -50, "yhat_upper": 50}), interval={"0.8": "yhat_lower,yhat_upper"})  # fmt: skip
    assert without_level(predictions.source, "y", predictions.roles.models) == []
