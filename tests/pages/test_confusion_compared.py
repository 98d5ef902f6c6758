"""The matrix of one model minus that of another: the cells, their table, and the way to the rows."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from demo_data import demo
from tests.pages.opened import launched, opened, written

MODELS = ("logistic_score", "forest_score")


@pytest.fixture(scope="module")
def tumour() -> pd.DataFrame:
    return pd.read_csv(demo("tumour").path)


@pytest.fixture
def against() -> AppTest:
    at = opened("confusion", data="tumour", t="0.5")
    box = at.selectbox(key="confusion.against")
    box.set_value(box.options[0]).run()
    assert not at.exception
    return at


@pytest.fixture
def classes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[str, pd.DataFrame]:
    """Three classes with markup for names, and the decisions of two models."""
    rng = np.random.default_rng(4)
    names = np.array(["<b>ash</b>", "*birch*", "cedar"])
    y = rng.integers(0, 3, 300)
    frame = pd.DataFrame({"truth": names[y]})
    for model, right in (("good", 0.9), ("poor", 0.6)):
        frame[model] = names[np.where(rng.random(300) < right, y, rng.integers(0, 3, 300))]
    path = tmp_path / "trees.csv"
    frame.to_csv(path, index=False)
    name = launched(
        monkeypatch, path, y_true="truth", y_pred={"good": "good", "poor": "poor"}, task="multiclass"
    )
    return name, frame


def spec(at: AppTest) -> dict:
    return json.loads(at.get("plotly_chart")[0].proto.spec)


def cell(i: int, j: int) -> dict:
    return {"selection": {"points": [{"customdata": [i, j]}], "point_indices": [0], "box": [], "lasso": []}}


def truth_and_flags(tumour: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    roles = demo("tumour").roles
    one, other = (tumour[column] >= 0.5 for column in roles["y_score"].values())
    return (tumour[roles["y_true"]].astype(str) == str(roles["pos_label"])).to_numpy(), one.to_numpy(), other.to_numpy()  # fmt: skip


def test_one_model_alone_has_nothing_to_compare_with():
    assert not [box for box in opened("confusion").selectbox if box.key == "confusion.against"]


def test_the_cells_are_counted_from_the_rows(against, tumour):
    positive, one, other = truth_and_flags(tumour)
    table = against.dataframe[0].value
    assert table["difference"][0] == pytest.approx(100 * (one[positive].mean() - other[positive].mean()))
    assert table["only_this"][1] == (positive & ~one & other).sum()
    assert table["only_other"][1] == (positive & one & ~other).sum()
    assert table["rows"].sum() == len(tumour)
    assert table["rate"].tolist() == ["Recall", "FNR", "FPR", "Specificity"]
    assert "Both judge the same rows, and the interval allows for that." in written(against)


@pytest.mark.parametrize("share", ["predicted", "all", "counts"])
def test_each_normalisation_draws(against, share):
    against.segmented_control(key="confusion.difference.share").set_value(share).run()
    assert not against.exception
    assert ("interval" in against.dataframe[0].value.columns) == (share != "counts")


def test_a_clicked_cell_offers_the_rows_of_both_models_and_those_that_moved(against, tumour):
    positive, one, other = truth_and_flags(tumour)
    against.session_state["confusion.difference.cells"] = cell(0, 1)
    # the page sets the lists in the chart's callback; AppTest cannot click, so they are set as it does
    against.selectbox(key="confusion.difference.actual").set_value(against.selectbox(key="confusion.difference.actual").options[0])  # fmt: skip
    against.selectbox(key="confusion.difference.predicted").set_value(against.selectbox(key="confusion.difference.predicted").options[1]).run()  # fmt: skip
    labels = [against.button(key=f"confusion.difference.rows.{i}").label for i in range(2)]
    assert labels[0].startswith(f"Show {(positive & ~one).sum()} of ")
    assert labels[1].startswith(f"Show {(positive & ~other).sum()} of ")
    n = int((positive & one & ~other).sum())
    assert against.button(key="confusion.difference.only.1").label.startswith(f"Show {n} that only ")
    against.button(key="confusion.difference.only.1").click().run()
    assert not against.exception
    assert against.query_params["rows"] == "fn"
    assert f"**{n}** false negative" in written(against)


def test_of_many_classes_the_largest_differences_come_first(classes):
    name, frame = classes
    at = opened("confusion", data=name)
    at.selectbox(key="confusion.against").set_value("poor").run()
    assert not at.exception
    table = at.dataframe[0].value
    assert table["difference"].abs().is_monotonic_decreasing
    first = table.iloc[0]
    own = frame["truth"] == first["actual"]
    good, poor = ((frame[m][own] == first["predicted"]).mean() for m in ("good", "poor"))
    assert first["difference"] == pytest.approx(100 * (good - poor))
    assert "<b>ash" not in json.dumps(spec(at)["layout"])


def test_of_many_classes_the_rows_of_a_cell_that_one_model_alone_puts_there_are_reached(classes):
    name, frame = classes
    at = opened("confusion", data=name)
    at.selectbox(key="confusion.against").set_value("poor").run()
    at.selectbox(key="confusion.difference.actual").set_value("cedar")
    at.selectbox(key="confusion.difference.predicted").set_value("cedar").run()
    n = int(((frame["truth"] == "cedar") & (frame["good"] == "cedar") & (frame["poor"] != "cedar")).sum())
    button = at.button(key="confusion.difference.only.0")
    assert button.label.startswith(f"Show {n} that only ")
    button.click().run()
    assert (at.query_params["true"], at.query_params["pred"]) == ("cedar", "cedar")
    assert at.query_params["filter"] == "poor != 'cedar' and poor is not missing"


def test_a_model_is_never_compared_with_itself(against):
    other = against.selectbox(key="confusion.against").value
    against.query_params["model"] = other
    against.run()
    assert not against.exception
    assert against.selectbox(key="confusion.against").value is None
    assert "What it implies" in written(against)
