"""The pages of predicted numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app import numbers
from demo_data import demo
from metrics_core.residual_shape import worst_share
from tests.number_tables import random_numbers
from tests.pages.opened import launched, opened, written

FRAME = pd.read_csv(demo("diabetes").path)
ERROR = FRAME["boosted"] - FRAME["progression"]


def shown(page: str, **query: str) -> AppTest:
    return opened(page, data="diabetes", model="boosted", **query)


def test_the_overview_says_how_far_off_it_is_and_what_a_constant_gives() -> None:
    text = written(shown("overview"))
    assert numbers.plain(numbers.number(ERROR.abs().mean())) in text
    assert "less** than always predicting the median" in text
    assert "% interval holds 81" in text
    assert "Predicted against actual" in text
    assert "Where it fails" in text


def test_the_other_model_is_one_choice_away() -> None:
    at = shown("overview")
    at.selectbox(key="sidebar.model").set_value("ridge").run()
    assert not at.exception
    assert numbers.plain(numbers.number((FRAME["ridge"] - FRAME["progression"]).abs().mean())) in written(at)


def test_a_filter_narrows_every_number() -> None:
    own = FRAME["sex"] == "one"
    text = written(shown("overview", filter="sex == 'one'"))
    assert numbers.plain(numbers.number(ERROR[own].abs().mean())) in text


def test_residuals_along_a_column_follow_the_choice() -> None:
    at = shown("residuals")
    assert "Error along the prediction or a column" in written(at)
    at.selectbox(key="residuals.residual_along.along").set_value("bmi").run()
    assert not at.exception


def test_size_and_spread_lead_with_the_effect() -> None:
    at = shown("residuals")
    at.segmented_control(key="residuals.part").set_value("size").run()
    assert not at.exception
    text = written(at)
    assert "1.58 times" in text
    assert text.index("1.58 times") < text.index("Breusch")
    assert "regression to the mean" in text
    worst = np.sort(ERROR**2)[-4:].sum() / (ERROR**2).sum()
    assert numbers.share(worst) in text


def test_intervals_show_coverage_and_what_would_mend_it() -> None:
    at = shown("residuals")
    at.segmented_control(key="residuals.part").set_value("around").run()
    assert not at.exception
    assert "hold **81.0%**, less than they promise. Moving both ends outwards by 12\\.500" in written(at)


def test_examples_begin_with_the_largest_error() -> None:
    worst = int(ERROR.abs().argmax())
    at = shown("examples")
    assert f"Row {worst + 1}" in written(at)
    assert "the largest error of these rows" in written(at)


def test_examples_can_begin_with_what_is_most_too_low() -> None:
    at = shown("examples", order="-signed")
    assert f"Row {int(ERROR.argmin()) + 1}" in written(at)
    assert ":material/arrow_downward: Too low" in written(at)


def test_slices_compare_mean_absolute_errors_and_the_signed_ones() -> None:
    at = shown("slices")
    assert "mean absolute error" in written(at)
    at.selectbox(key="slices.metric").set_value("bias").run()
    assert not at.exception


@pytest.mark.parametrize("page", ["threshold", "confusion", "curves", "calibration"])
def test_an_old_link_to_a_page_of_classes_says_so_and_leads_on(page: str) -> None:
    at = shown(page)
    assert "is about predicted classes, and these predictions are numbers." in written(at)
    assert at.button(key="offered.on").label == "Look at the residuals"


def test_the_page_of_residuals_says_so_when_the_predictions_are_classes() -> None:
    assert "is about predicted numbers, and these predictions are classes." in written(opened("residuals"))


def test_the_data_page_tells_the_task_and_keeps_the_intervals_when_the_form_is_applied() -> None:
    at = shown("data")
    assert "true values from 25 to 346" in written(at)
    next(b for b in at.button if b.label == "Apply").click().run()
    assert not at.exception
    at.switch_page("pages/overview.py").run()
    assert "% interval holds 81" in written(at)


def test_very_many_rows_are_drawn_as_a_density(monkeypatch, tmp_path) -> None:
    cases = random_numbers(0, 5000)
    path = tmp_path / "many.csv"
    pd.DataFrame({"y_true": cases.truth, "y_pred": cases.predicted}).to_csv(path, index=False)
    at = opened("residuals", data=launched(monkeypatch, path, task="regression"))
    at.segmented_control(key="residuals.part").set_value("size").run()
    assert not at.exception
    assert numbers.share(worst_share(cases)[0]) in written(at)


def test_rows_that_are_all_exact_are_shown_without_a_fault(monkeypatch, tmp_path) -> None:
    path = tmp_path / "exact.csv"
    pd.DataFrame({"y_true": np.arange(60) * 1.5, "y_pred": np.arange(60) * 1.5}).to_csv(path, index=False)
    name = launched(monkeypatch, path, task="regression")
    for page in ("overview", "residuals", "slices", "examples"):
        opened(page, data=name)
    at = opened("residuals", data=name)
    at.segmented_control(key="residuals.part").set_value("size").run()
    assert not at.exception


def test_constant_truth_is_shown_without_a_fault(monkeypatch, tmp_path) -> None:
    path = tmp_path / "constant.csv"
    pd.DataFrame({"y_true": [2.5] * 60, "y_pred": np.arange(60) * 1.5}).to_csv(path, index=False)
    name = launched(monkeypatch, path, task="regression")
    for page in ("overview", "residuals", "examples"):
        at = opened(page, data=name)
    assert "Row" in written(at)


def test_a_link_opens_the_part_it_names() -> None:
    assert "Do the intervals hold" in written(shown("residuals", part="around"))


def test_quantiles_show_where_the_truths_lie(monkeypatch, tmp_path) -> None:
    cases = random_numbers(0, 300, around=True)
    assert cases.quantiles is not None
    path = tmp_path / "quantiles.csv"
    columns = dict(zip(("q10", "q50", "q90"), cases.quantiles.T, strict=True))
    pd.DataFrame({"y_true": cases.truth, "y_pred": cases.predicted, **columns}).to_csv(path, index=False)
    quantile = {"0.1": "q10", "0.5": "q50", "0.9": "q90"}
    name = launched(monkeypatch, path, task="regression", y_true="y_true", y_pred="y_pred", quantile=quantile)
    at = opened("residuals", data=name, part="around")
    assert "Where the truths lie among the quantiles" in written(at)
