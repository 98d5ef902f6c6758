"""The Calibration page: one model, several, and many classes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss
from streamlit.testing.v1 import AppTest

from app.components import metric_cards
from demo_data import demo
from tests.pages.opened import launched, opened, written


@pytest.fixture(scope="module")
def fraud() -> pd.DataFrame:
    return pd.read_parquet(demo("fraud").path, columns=["is_fraud", "score", "country"])


@pytest.fixture(scope="module")
def digits() -> pd.DataFrame:
    return pd.read_parquet(demo("digits").path)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """A sharp and a blunt model, a margin and a rule; weights and groups beside them. A model's name is markup."""
    rng = np.random.default_rng(5)
    chance = rng.beta(1.2, 1.6, 1200)
    hit = rng.random(1200) < chance
    return pd.DataFrame(
        {
            "label": np.where(hit, "yes", "no"),
            "sharp": (1 / (1 + ((1 - chance) / chance) ** 2)).round(4),
            "blunt": (0.25 + chance / 2).round(3),
            "margin": np.log(chance / (1 - chance)) + 0.1,
            "w": rng.choice([0.5, 1.0, 2.0], 1200),
            "shop": np.arange(1200) // 10,
        }
    )


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """What the browser is given to draw, by metric; AppTest does not show a component's data."""
    sent: dict[str, dict[str, Any]] = {}

    def mount(*, key: str, data: dict[str, Any]) -> None:
        sent.clear()
        sent.update({card["key"]: card["texts"] for card in json.loads(json.dumps(data))["cards"]})

    monkeypatch.setattr(metric_cards, "_mount", mount)
    return sent


def saved(folder: Path, frame: pd.DataFrame) -> Path:
    path = folder / "table.csv"
    frame.to_csv(path, index=False)
    return path


def two_models(monkeypatch, tmp_path, table, **roles: Any) -> str:
    frame = table[["label", "sharp", "blunt", *roles.values()]]
    return launched(monkeypatch, saved(tmp_path, frame), y_score={"<b>sharp</b>": "sharp", "blunt": "blunt"}, **roles)  # fmt: skip


def drawn(at: AppTest) -> dict[str, Any]:
    (chart,) = at.get("plotly_chart")
    return json.loads(chart.proto.spec)


def bins(at: AppTest) -> pd.DataFrame:
    """The table behind the figure."""
    return next(t.value for t in at.dataframe if "rate_low" in t.value.columns)


def clicked(model: str, number: int) -> dict[str, Any]:
    points = [{"customdata": [number, model]}]
    return {"selection": {"points": points, "point_indices": [number], "box": [], "lasso": []}}


def choose(at: AppTest, **choices: Any) -> AppTest:
    for name, value in choices.items():
        kind = at.selectbox if name == "bins" else at.segmented_control
        kind(key=f"calibration.{name}").set_value(value)
    at.run()
    assert not at.exception
    return at


def selected(at: AppTest, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of a table that the filter of the view names; only comparisons joined by ``and``."""
    text = at.query_params["filter"]
    return frame.query(text[0] if isinstance(text, list) else text)


# ------------------------------------------------------------------------------------------------ cards and words


def test_the_cards_are_those_of_the_filtered_rows_beside_what_chance_gives(fraud, cards):
    opened("calibration", filter="country == 'DE'")
    kept = fraud[fraud["country"] == "DE"]
    assert list(cards) == ["gap", "ece", "smooth_ece", "brier", "brier_skill"]
    assert cards["brier"]["value"] == f"{brier_score_loss(kept['is_fraud'], kept['score']):.5f}"
    assert cards["gap"]["value"] == f"{100 * (kept['score'].mean() - kept['is_fraud'].mean()):+.2f} pp".replace("-", "−")  # fmt: skip
    assert cards["ece"]["baseline"].startswith("perfectly calibrated you would see 0.00")
    assert all(texts["interval"].startswith("95% CI ") for texts in cards.values())
    assert cards["ece"]["about"].startswith("Distance between score and observed rate")


def test_the_direction_is_in_the_card_and_in_words(cards):
    text = written(opened("calibration"))
    assert cards["gap"]["detail"] == "under-confident"
    assert cards["ece"]["detail"] == "more than chance"
    assert "On the whole the scores are **too low**" in text
    assert "none of 400 draws reached what is seen here" in text
    assert "Brier score 0.00956 = miscalibration" in text


def test_scores_that_are_too_bold_or_too_timid_are_told_apart(monkeypatch, tmp_path, table):
    name = two_models(monkeypatch, tmp_path, table)
    assert "the model says more than it knows" in written(opened("calibration", data=name))
    assert "the model knows more than it says" in written(opened("calibration", data=name, model="blunt"))


# ------------------------------------------------------------------------------------------------ the diagram


def test_rare_positives_open_where_the_scores_are_and_other_data_from_0_to_1(monkeypatch, tmp_path, table):
    at = opened("calibration")
    assert at.segmented_control(key="calibration.zoom").value == "scores"
    assert at.segmented_control(key="calibration.strategy").value == "odds"
    assert at.toggle(key="calibration.log").value
    at = opened("calibration", data=two_models(monkeypatch, tmp_path, table))
    assert at.segmented_control(key="calibration.zoom").value == "full"
    assert at.segmented_control(key="calibration.strategy").value == "width"


def test_what_was_chosen_stays_on_other_data_and_other_pages():
    at = choose(opened("calibration"), zoom="full", strategy="mass", bins=10)
    at.switch_page("pages/curves.py").run()
    at.switch_page("pages/calibration.py").run()
    at.selectbox(key="sidebar.data").set_value("tumour").run()
    assert at.segmented_control(key="calibration.zoom").value == "full"
    assert at.segmented_control(key="calibration.strategy").value == "mass"
    assert at.selectbox(key="calibration.bins").value == 10


@pytest.mark.parametrize("strategy", ["width", "mass", "odds"])
def test_the_table_holds_the_bins_of_the_figure(fraud, strategy):
    at = choose(opened("calibration"), strategy=strategy, bins=10)
    found = bins(at)
    trace = next(t for t in drawn(at)["data"] if t.get("mode") == "lines+markers")
    assert [number for number, _ in trace["customdata"]] == np.flatnonzero(found["rows"] > 0).tolist()
    for low, high, rows, positives in found[["low", "high", "rows", "positives"]].to_numpy()[1:]:
        inside = fraud[(fraud["score"] > low) & (fraud["score"] <= high)]
        assert (len(inside), inside["is_fraud"].sum()) == (rows, positives)
    assert found["rows"].sum() == len(fraud)


def test_models_are_drawn_beside_the_current_one_and_can_be_taken_away(monkeypatch, tmp_path, table):
    at = opened("calibration", data=two_models(monkeypatch, tmp_path, table))
    assert at.multiselect(key="calibration.models").value == ["blunt"]
    assert set(bins(at)["model"]) == {"<b>sharp</b>", "blunt"}
    at.multiselect(key="calibration.models").set_value([]).run()
    assert set(bins(at)["model"]) == {"<b>sharp</b>"}
    at.selectbox(key="sidebar.model").set_value("blunt").run()
    assert not at.exception
    assert "blunt" in set(bins(at)["model"])


def test_weights_and_groups_are_allowed_for_and_said(monkeypatch, tmp_path, table):
    at = opened("calibration", data=two_models(monkeypatch, tmp_path, table, weight="w", group="shop"))
    found = bins(at)
    assert found[found["model"] == "blunt"]["rows"].sum() == pytest.approx(table["w"].sum())
    assert (found["effective_rows"].dropna() <= found["rows"] / table["w"].min() + 1e-9).all()
    assert "They allow for rows with the same shop belonging together" in written(at)


# ------------------------------------------------------------------------------------------------ to the rows


@pytest.mark.parametrize("number", [0, 5, 6, 14])
def test_a_clicked_bin_leads_to_its_rows(fraud, number):
    at = opened("calibration")
    wanted = bins(at).iloc[number]
    at.session_state["calibration.diagram"] = clicked("score", number)
    at.run()
    assert at.header[0].value == "Examples"
    rows = selected(at, fraud)
    assert (len(rows), rows["is_fraud"].sum()) == (wanted["rows"], wanted["positives"])


def test_the_keyboard_leads_to_the_same_rows(fraud):
    at = opened("calibration")
    found = bins(at)
    off = found[(found["mean_score"] < found["rate_low"]) | (found["mean_score"] > found["rate_high"])]
    farthest = ((off["mean_score"] - off["rate"]).abs() * off["rows"]).idxmax()
    assert at.selectbox(key="calibration.bin").value == farthest
    at.selectbox(key="calibration.bin").set_value(3).run()
    at.button(key="calibration.rows").click().run()
    assert at.header[0].value == "Examples"
    assert len(selected(at, fraud)) == found["rows"][3]


def test_coming_back_says_that_only_some_scores_are_left_and_leads_to_all_of_them():
    at = opened("calibration", filter="country == 'DE'")
    at.session_state["calibration.diagram"] = clicked("score", 4)
    at.run()
    at.switch_page("pages/calibration.py").run()
    assert "The filter keeps only rows with some of the scores" in written(at)
    at.button(key="calibration.unfilter").click().run()
    assert at.query_params["filter"] in ("country == 'DE'", ["country == 'DE'"])
    assert "The filter keeps only rows" not in written(at)


def test_a_bin_of_another_model_leads_to_the_rows_of_that_model(monkeypatch, tmp_path, table):
    at = opened("calibration", data=two_models(monkeypatch, tmp_path, table))
    found = bins(at)
    wanted = found[found["model"] == "blunt"].iloc[7]
    at.session_state["calibration.diagram"] = clicked("blunt", 7)
    at.run()
    assert at.query_params["model"] in ("blunt", ["blunt"])
    rows = selected(at, table)
    assert len(rows) == wanted["rows"]
    assert (rows["blunt"] <= wanted["high"]).all()


@pytest.mark.parametrize(
    ("kind", "scale"), [("percent", lambda p: 100 * p), ("logit", lambda p: np.log(p / (1 - p)))]
)
def test_percentages_and_log_odds_are_filtered_as_the_file_has_them(
    monkeypatch, tmp_path, table, kind, scale
):
    frame = pd.DataFrame({"label": table["label"], "s": scale(table["blunt"])})
    at = opened(
        "calibration", data=launched(monkeypatch, saved(tmp_path, frame), y_score="s", score_kind=kind)
    )
    wanted = bins(at).iloc[7]
    at.session_state["calibration.diagram"] = clicked("s", 7)
    at.run()
    assert len(selected(at, frame)) == wanted["rows"] > 0


def test_scores_with_percent_signs_have_a_diagram_but_no_way_to_the_rows(monkeypatch, tmp_path, table):
    frame = pd.DataFrame({"label": table["label"], "s": (100 * table["blunt"]).round(1).astype(str) + "%"})
    at = opened("calibration", data=launched(monkeypatch, saved(tmp_path, frame), y_score="s"))
    assert drawn(at)
    assert "does not hold plain numbers, so no filter leads to the rows" in written(at)
    assert not [b for b in at.button if b.key == "calibration.rows"]


# ------------------------------------------------------------------------------------------------ nothing to judge


def test_scores_that_are_not_probabilities_are_explained_and_lead_on(monkeypatch, tmp_path, table, cards):
    frame = table[["label", "margin"]]
    name = launched(monkeypatch, saved(tmp_path, frame), y_score="margin", score_kind="margin")
    at = opened("calibration", data=name)
    assert "These scores are not probabilities" in written(at)
    assert {"calibration.roles", "calibration.curves"} <= {b.key for b in at.button}
    assert not cards
    assert len(at.get("plotly_chart")) == 0
    at.button(key="calibration.curves").click().run()
    assert at.header[0].value == "Curves"


def test_without_a_score_there_is_one_sentence_and_a_way_on(monkeypatch, tmp_path, table):
    frame = pd.DataFrame(
        {"label": table["label"], "rule": table["label"].sample(frac=1, random_state=1).to_numpy()}
    )
    at = opened(
        "calibration", data=launched(monkeypatch, saved(tmp_path, frame), y_pred="rule", pos_label="yes")
    )
    assert "This model has no score" in written(at)
    assert [b.label for b in at.button if b.key == "calibration.roles"] == ["Choose a score column"]
    assert len(at.get("plotly_chart")) == 0


def test_a_model_without_probabilities_is_named_beside_those_that_have_some(monkeypatch, tmp_path, table):
    rule = table["label"].sample(frac=1, random_state=1).to_numpy()
    path = saved(tmp_path, table[["label", "sharp", "blunt"]].assign(rule=rule))
    name = launched(monkeypatch, path, y_score={"sharp": "sharp", "blunt": "blunt"}, y_pred={"rule": "rule"})
    assert "No probabilities, so not drawn: rule." in written(opened("calibration", data=name))
    at = opened("calibration", data=name, model="rule")
    assert "This model has no score" in written(at)
    assert set(bins(at)["model"]) == {"sharp", "blunt"}


def test_one_class_alone_still_has_its_calibration(cards):
    at = opened("calibration", filter="is_fraud == 0")
    assert cards["brier_skill"]["value"] == "n/a"
    assert cards["brier_skill"]["reason"] == "only one class is present"
    assert (bins(at)["rate"].dropna() == 0).all()


# ------------------------------------------------------------------------------------------------ many classes


def test_decisions_among_many_classes_are_right_as_often_as_they_say_or_not(digits, cards):
    at = opened("calibration", data="digits")
    sure = digits[[f"proba_{d}" for d in range(10)]].to_numpy().max(1)
    right = (digits["digit"] == digits["predicted"]).to_numpy()
    assert list(cards) == ["gap", "ece", "classwise_ece", "brier"]
    assert cards["gap"]["value"] == f"−{100 * (right.mean() - sure.mean()):.1f} pp"
    assert "On the whole the probabilities are **too low**" in written(at)
    found = bins(at)
    for low, high, rows, positives in found[["low", "high", "rows", "positives"]].to_numpy():
        inside = (sure > low) & (sure <= high)
        assert (inside.sum(), right[inside].sum()) == (rows, positives)


@pytest.mark.parametrize("number", [5, 9, 14])
def test_a_bin_of_all_classes_leads_to_its_rows(digits, number):
    at = opened("calibration", data="digits")
    wanted = bins(at).iloc[number]
    at.session_state["calibration.diagram"] = clicked("predicted", number)
    at.run()
    assert at.header[0].value == "Examples"
    assert f"of **{wanted['rows']:,.0f}** rows" in written(at)
    assert len(selected(at, digits)) == wanted["rows"]


def test_the_table_of_classes_has_the_worst_first_and_a_class_can_be_looked_at(cards):
    at = opened("calibration", data="digits")
    each = next(t.value for t in at.dataframe if "ece" in t.value.columns)
    assert each["ece"].is_monotonic_decreasing
    assert (each["ece"] > each["chance"]).all()
    assert set(each["direction"]) == {"too timid"}
    at.selectbox(key="sidebar.class").set_value(each["class"][0]).run()
    assert not at.exception
    assert cards["gap"]["detail"] == "too timid"
    assert "Share of class 8" in drawn(at)["layout"]["yaxis"]["title"]["text"]
    assert "rows are of the class" in written(at)


def test_classes_without_probabilities_have_one_sentence_and_a_way_on(monkeypatch, tmp_path, digits):
    at = opened("calibration", data=launched(monkeypatch, saved(tmp_path, digits[["digit", "predicted"]]), y_true="digit", y_pred="predicted"))  # fmt: skip
    assert "There are no probabilities" in written(at)
    assert [b.label for b in at.button if b.key == "calibration.roles"] == ["Choose probability columns"]


def test_twenty_classes_of_news_say_that_a_class_leads_to_the_rows(monkeypatch, shared_data):
    path = shared_data("news20_multiclass.csv")
    roles = {"y_true": "y_true", "y_pred": "y_pred", "proba_prefix": "proba_"}
    at = opened("calibration", data=launched(monkeypatch, path, **roles))
    assert "To see the rows of a bin, choose a class." in written(at)
    assert len(next(t.value for t in at.dataframe if "ece" in t.value.columns)) == 20


def test_scores_in_narrow_bins_are_counted_exactly_between_other_ends(monkeypatch, tmp_path):
    rng = np.random.default_rng(2)
    score = rng.beta(1, 3, 210_000)
    frame = pd.DataFrame({"label": (rng.random(210_000) < score).astype(int), "score": score})
    path = tmp_path / "many.parquet"
    frame.to_parquet(path)
    at = choose(
        opened("calibration", data=launched(monkeypatch, path, y_score="score")), bins=10, strategy="width"
    )
    assert "Scores in narrow bins" in written(at)
    assert bins(at)["rows"].tolist() == np.histogram(score, np.arange(11) / 10)[0].tolist()
    at.session_state["calibration.diagram"] = clicked("score", 3)
    at.run()
    assert len(selected(at, frame)) == ((score > 0.3) & (score <= 0.4)).sum()
