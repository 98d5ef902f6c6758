"""Tables of predicted numbers: how they are recognised, asked about, mended, warned of and refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from metrics_core import DataError, NeedsChoice, Predictions, read
from metrics_core.number_cases import NumberCases

RNG = np.random.default_rng(0)
N = 120
Y = RNG.normal(150, 60, N).round(2)
F = (Y + RNG.normal(0, 30, N)).round(2)
FRAME = pd.DataFrame({"y_true": Y, "y_pred": F, "sex": RNG.choice(["f", "m"], N)})


def cases_of(predictions: Predictions, model: str | None = None) -> NumberCases:
    cases = predictions.judged(model)
    assert isinstance(cases, NumberCases)
    return cases


def refused(data: Any, **roles: Any) -> str:
    with pytest.raises(DataError) as caught:
        read(data, **roles)
    assert not isinstance(caught.value, NeedsChoice)
    return str(caught.value)


def found(data: Any, **roles: Any) -> dict[str, str]:
    return {f.id: f.text for f in read(data, task="regression", **roles).findings}


# ------------------------------------------------------------------------------------------------ recognised


@pytest.mark.parametrize(("y_true", "y_pred"), [("y_true", "y_pred"), ("target", "prediction"), ("actual", "predicted"), ("price", "predicted_price"), ("sales", "sales_pred")])  # fmt: skip
def test_measured_truth_and_prediction_are_regression(y_true: str, y_pred: str) -> None:
    predictions = read(pd.DataFrame({y_true: Y, y_pred: F, "sex": FRAME["sex"]}))
    assert predictions.roles.task == "regression"
    assert predictions.roles.y_true == y_true
    assert predictions.roles.models[0].y_pred == y_pred
    assert "measured numbers" in predictions.reasons["task"]


def test_whole_numbers_that_count_something_are_regression() -> None:
    y = np.arange(60) * 997 + 13
    assert read(pd.DataFrame({"y_true": y, "y_pred": y + 5})).roles.task == "regression"


def test_few_whole_numbers_and_fractions_are_asked_about() -> None:
    y = np.arange(N) % 6
    frame = pd.DataFrame({"y_true": y, "y_pred": y + RNG.normal(0, 0.5, N)})
    with pytest.raises(NeedsChoice) as question:
        read(frame)
    assert question.value.id == "task"
    assert [option.value for option in question.value.options] == ["regression", "multiclass"]
    assert read(frame, choose={"task": "regression"}).roles.task == "regression"


def test_ratings_predicted_as_ratings_stay_classes() -> None:
    y = np.arange(N) % 5
    assert read(pd.DataFrame({"y_true": y, "y_pred": np.roll(y, 1)})).roles.task == "multiclass"


def test_two_labels_and_a_fraction_stay_binary() -> None:
    frame = pd.DataFrame({"y_true": np.arange(N) % 2, "y_pred": RNG.random(N)})
    assert read(frame).roles.task == "binary"


def test_named_intervals_say_that_a_number_is_predicted() -> None:
    frame = FRAME.assign(lo=F - 50, hi=F + 50)
    predictions = read(frame, y_true="y_true", y_pred="y_pred", interval={"0.9": "lo,hi"})
    assert predictions.roles.task == "regression"
    assert predictions.roles.models[0].interval == ((0.9, "lo", "hi"),)


def test_several_predictions_of_one_pattern_may_all_be_meant() -> None:
    frame = pd.DataFrame({"y_true": Y, "pred_ridge": F, "pred_forest": F + 1})
    with pytest.raises(NeedsChoice) as question:
        read(frame)
    assert question.value.id == "y_pred"
    assert [m.name for m in read(frame, choose={"y_pred": "*"}).roles.models] == ["ridge", "forest"]


def test_models_below_each_other_have_their_own_rows() -> None:
    frame = pd.concat([FRAME.assign(model="a"), FRAME.assign(model="b", y_pred=F + 1)])
    predictions = read(frame, task="regression", model_column="model")
    assert [m.name for m in predictions.roles.models] == ["a", "b"]
    np.testing.assert_allclose(cases_of(predictions, "b").residual - cases_of(predictions, "a").residual, 1.0)


def test_weights_groups_and_other_roles_are_read_as_for_classes() -> None:
    frame = FRAME.assign(w=2.0, patient=np.arange(N) // 3)
    cases = cases_of(read(frame, task="regression", weight="w", weight_kind="frequency", group="patient"))
    assert cases.effective_n == 2 * N
    assert cases.together is not None


# ------------------------------------------------------------------------------------------------ intervals and quantiles


def test_intervals_quantiles_and_deviations_of_two_models() -> None:
    frame = FRAME.assign(g=F + 2, lo=F - 9, hi=F + 9, q1=F - 5, q9=F + 5, s=3.0)
    predictions = read(frame, task="regression", y_true="y_true", y_pred={"a": "y_pred", "b": "g"},
                       interval={"a": {"90%": ("lo", "hi")}}, quantile={"b": {"0.9": "q9", "0.1": "q1"}}, y_std={"a": "s"})  # fmt: skip
    a, b = cases_of(predictions, "a"), cases_of(predictions, "b")
    assert a.levels == (0.9,)
    assert a.deviation is not None
    assert b.shares == (0.1, 0.9)
    assert b.lower is None
    assert predictions.roles.to_dict()["interval"] == {"0.9": ["lo", "hi"]}


@pytest.mark.parametrize(("roles", "sentence"), [
    ({"interval": {"1.5": "lo,hi"}}, "between 0 and 1"),
    ({"interval": {"0.9": "lo"}}, "two columns, LOWER,UPPER"),
    ({"interval": {"0.9": "lo,gone"}}, "no column 'gone'"),
    ({"interval": {"other": {"0.9": "lo,hi"}}}, "no model 'other'"),
    ({"interval": {"0.9": "hi,lo"}}, "look exchanged. Write --interval 0.9=lo,hi"),
    ({"quantile": {"0.1": "hi", "0.9": "lo"}}, "look exchanged"),
    ({"interval": {"0.9": "lo,hi"}, "task": "multiclass"}, "not of task 'multiclass'"),
    ({"y_score": "lo", "y_pred": "y_pred"}, "have no score: name the column of predictions with --y-pred"),
    ({"pos_label": "1"}, "no positive label"),
    ({"y_true": "sex"}, "holds text"),
])  # fmt: skip
def test_what_makes_no_sense_is_refused_in_a_sentence(roles: dict[str, Any], sentence: str) -> None:
    frame = FRAME.assign(lo=F - 50, hi=F + 50)
    assert sentence in refused(frame, **{"task": "regression", "y_true": "y_true", **roles})


def test_two_models_need_to_say_whose_interval_it_is() -> None:
    frame = FRAME.assign(g=F, lo=F - 1, hi=F + 1)
    text = refused(frame, task="regression", y_true="y_true", y_pred=["y_pred", "g"], interval={"0.9": "lo,hi"})  # fmt: skip
    assert "--interval y_pred=0.9=LOWER,UPPER" in text


def test_a_few_crossed_intervals_are_warned_of_and_hold_nothing() -> None:
    low, high = F - 300, F + 300
    low[:3], high[:3] = F[:3] + 300, F[:3] - 300
    predictions = read(FRAME.assign(lo=low, hi=high), task="regression", interval={"0.9": "lo,hi"})
    text = {f.id: f.text for f in predictions.findings}["ends-crossed"]
    assert "in 3 of 120 rows" in text
    assert "row 1, 2, 3" in text


def test_rows_without_an_interval_or_with_no_deviation_are_left_out_and_counted() -> None:
    low = F - 9
    low[4] = np.nan
    std = np.full(N, 3.0)
    std[5] = 0.0
    predictions = read(FRAME.assign(lo=low, hi=F + 9, s=std), task="regression", interval={"0.9": "lo,hi"}, y_std="s")  # fmt: skip
    assert predictions.judged().dropped == {"label missing": 0, "prediction missing": 0, "interval missing": 1, "deviation not above 0": 1}  # fmt: skip
    assert {"interval-missing", "deviation-not-positive"} <= {f.id for f in predictions.findings}


# ------------------------------------------------------------------------------------------------ bad numbers


def test_rows_without_truth_or_prediction_are_left_out_and_counted() -> None:
    y, f = Y.copy(), F.copy()
    y[:2], f[7] = np.nan, np.nan
    predictions = read(pd.DataFrame({"y_true": y, "y_pred": f}))
    assert predictions.judged().dropped == {"label missing": 2, "prediction missing": 1}


@pytest.mark.parametrize("cell", ["n. d.", "inf", "1e200"])
def test_cells_without_a_usable_number_are_left_out_and_shown(cell: str) -> None:
    f = [cell, *map(str, F[1:])]
    predictions = read(pd.DataFrame({"y_true": Y, "y_pred": f}), task="regression")
    assert len(predictions.judged()) == N - 1
    text = {x.id: x.text for x in predictions.findings}["number-unusable"]
    assert "1 of 120 rows" in text
    assert cell in text


def test_decimal_commas_are_read_as_decimal_points() -> None:
    f = [str(v).replace(".", ",") for v in F]
    predictions = read(pd.DataFrame({"y_true": Y, "y_pred": f}), task="regression")
    np.testing.assert_array_equal(cases_of(predictions).predicted, F)


def test_percent_signs_are_taken_at_their_word() -> None:
    frame = pd.DataFrame({"y_true": Y / 1000, "y_pred": [f"{v / 10}%" for v in F]})
    np.testing.assert_allclose(cases_of(read(frame, task="regression")).predicted, F / 1000)


def test_constant_truth_is_an_error_that_says_what_is_undefined() -> None:
    texts = found(pd.DataFrame({"y_true": np.full(N, 7.5), "y_pred": F}))
    assert "Every true value of the 120 rows is 7.5" in texts["truth-constant"]


def test_constant_prediction_and_perfect_prediction_are_warned_of() -> None:
    assert "predicts 3.5 in all" in found(pd.DataFrame({"y_true": Y, "y_pred": np.full(N, 3.5)}))["constant-prediction"]  # fmt: skip
    assert "equals 'y_true'" in found(pd.DataFrame({"y_true": Y, "y_pred": Y}))["prediction-equals-truth"]


def test_labels_that_look_like_classes_are_warned_of() -> None:
    y = np.arange(N) % 3
    text = found(pd.DataFrame({"y_true": y, "y_pred": y + RNG.normal(0, 1, N)}))["truth-few-values"]
    assert "only 3 different whole numbers (0, 1, 2)" in text


@pytest.mark.parametrize(("factor", "says"), [(100, "(percentages and fractions)"), (0.001, "different units."), (60, "different units.")])  # fmt: skip
def test_mixed_up_units_are_an_error(factor: float, says: str) -> None:
    assert says in found(pd.DataFrame({"y_true": Y, "y_pred": factor * F}))["unit-mix-up"]


def test_a_model_that_is_only_bad_has_no_mixed_up_units() -> None:
    assert "unit-mix-up" not in found(pd.DataFrame({"y_true": Y, "y_pred": 100 * RNG.normal(150, 60, N)}))
    assert "unit-mix-up" not in found(FRAME)


def test_measurements_without_a_prediction_are_still_refused() -> None:
    text = refused(pd.DataFrame({"y_true": Y, "sex": FRAME["sex"]}))
    assert "measurements, not labels of classes" in text
