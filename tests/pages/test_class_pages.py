"""Overview, Confusion and Threshold of many classes: all together, and one against the rest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import confusion_matrix, f1_score, roc_auc_score
from streamlit.testing.v1 import AppTest

from app import numbers
from app.components import metric_cards
from demo_data import demo
from tests.pages.opened import launched, opened, written

PAGES = ("overview", "confusion", "threshold")


@pytest.fixture(scope="module")
def digits() -> pd.DataFrame:
    frame = pd.read_parquet(demo("digits").path)
    return frame.astype({"digit": int, "predicted": int})


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """What the browser is given to draw, by metric; AppTest does not show a component's data."""
    sent: dict[str, dict[str, Any]] = {}

    def mount(*, key: str, data: dict[str, Any]) -> None:
        sent.clear()
        sent.update({card["key"]: card["texts"] for card in json.loads(json.dumps(data))["cards"]})

    monkeypatch.setattr(metric_cards, "_mount", mount)
    return sent


@pytest.fixture
def decided(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Three classes and decisions only; 'rare' occurs but is never predicted, 'ghost' is predicted but never occurs."""
    truth = ["a"] * 6 + ["b"] * 3 + ["rare"]
    guess = ["a"] * 4 + ["b"] * 2 + ["b"] * 3 + ["ghost"]
    path = tmp_path / "decided.csv"
    pd.DataFrame({"truth": truth, "guess": guess}).to_csv(path, index=False)
    return launched(monkeypatch, path, y_true="truth", y_pred="guess")


@pytest.fixture
def weighted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Four classes with markup for names, two models' probabilities, no decisions, and weights."""
    rng = np.random.default_rng(4)
    names = np.array(["<b>ash</b>", "*birch*", "cedar", "[x](http://x)"])
    y = rng.integers(0, 4, 200)
    table: dict[str, Any] = {"truth": names[y], "w": rng.integers(1, 5, 200) / 2}
    for model, pull in (("weak_", 0.6), ("strong_", 2.5)):
        z = rng.normal(size=(200, 4))
        z[np.arange(200), y] += pull
        p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        table |= {f"{model}{name}": p[:, i] for i, name in enumerate(names)}
    path = tmp_path / "weighted.csv"
    pd.DataFrame(table).to_csv(path, index=False)
    return launched(
        monkeypatch, path, y_true="truth", weight="w", proba_prefix={"weak": "weak_", "strong": "strong_"}
    )


def frame(at: AppTest, column: str) -> pd.DataFrame:
    """Return the first table that has a column."""
    return next(table.value for table in at.dataframe if column in table.value.columns)


def selected(rows: list[int]) -> dict[str, Any]:
    return {"selection": {"rows": rows, "columns": [], "cells": []}}


def clicked_cell(true: int, predicted: int) -> dict[str, Any]:
    points = [{"customdata": [true, predicted]}]
    return {"selection": {"points": points, "point_indices": [0], "box": [], "lasso": []}}


# ------------------------------------------------------------------------------------------------ overview


def test_the_cards_are_those_of_all_classes_beside_the_largest_class(digits, cards):
    opened("overview", data="digits")
    assert list(cards) == ["accuracy", "balanced_accuracy", "f1_macro", "mcc", "roc_auc_ovr_macro", "log_loss"]  # fmt: skip
    right = int((digits["digit"] == digits["predicted"]).sum())
    largest = digits["digit"].value_counts(normalize=True)
    assert cards["accuracy"]["detail"] == f"{right:,} of {len(digits):,}"
    assert cards["accuracy"]["baseline"] == f"always ‘{largest.index[0]}’ {numbers.share(largest.iloc[0])}"
    assert cards["balanced_accuracy"]["baseline"].endswith(" 10.0%")
    assert cards["f1_macro"]["value"] == numbers.share(f1_score(digits["digit"], digits["predicted"], average="macro"))  # fmt: skip
    assert cards["f1_macro"]["detail"] == "mean of 10 classes"
    assert cards["mcc"]["baseline"] == "chance 0.000"
    assert cards["roc_auc_ovr_macro"]["baseline"] == "chance 0.500"
    entropy = float(-(largest * np.log(largest)).sum())
    assert cards["log_loss"]["baseline"] == f"class shares {numbers.number(entropy)}"
    assert all("CI" in card["interval"] for card in cards.values())


def test_the_words_hold_the_most_frequent_confusion_and_the_weakest_class(digits):
    text = written(opened("overview", data="digits"))
    table = confusion_matrix(digits["digit"], digits["predicted"])
    np.fill_diagonal(table, 0)
    true, predicted = np.unravel_index(table.argmax(), table.shape)
    assert f"of the {table.sum()} mistakes: **true ‘{true}’ taken for ‘{predicted}’, {table.max()} rows**" in text  # fmt: skip
    scores = f1_score(digits["digit"], digits["predicted"], average=None)
    assert f"The weakest class is **‘{scores.argmin()}’** (F1 {scores.min():.3f})" in text


def test_the_class_table_is_worst_first_with_values_and_intervals(digits):
    table = frame(opened("overview", data="digits"), "Class")
    scores = f1_score(digits["digit"], digits["predicted"], average=None)
    assert table["Class"].tolist() == [str(i) for i in np.argsort(scores, kind="stable")]
    np.testing.assert_allclose(table["F1"], np.sort(scores))
    first = int(table["Class"].iloc[0])
    auc = roc_auc_score(digits["digit"] == first, digits[f"proba_{first}"])
    assert table["ROC AUC"].iloc[0] == pytest.approx(auc)
    assert table["Rows"].iloc[0] == (digits["digit"] == first).sum()
    for column in ("F1 95 %", "Precision 95 %", "Recall 95 %", "ROC AUC 95 %"):
        assert table[column].str.contains("–").all()


def test_a_row_of_the_class_table_leads_to_the_class_against_the_rest(monkeypatch):
    at = opened("overview", data="digits")
    worst = frame(at, "Class")["Class"].iloc[2]
    from app import state
    from app.views import class_table

    # AppTest cannot click a table: the answer to the click is called as the browser would make it be called
    answers: list[Any] = []
    monkeypatch.setattr(class_table.st, "dataframe", lambda *args, on_select, **kwargs: answers.append(on_select))  # fmt: skip
    changed: dict[str, Any] = {}
    monkeypatch.setattr(state, "change", lambda **fields: changed.update(fields))
    at.run()
    monkeypatch.setattr(state, "chosen", lambda key, default=None: selected([2]))
    answers[-1]()
    assert changed == {"label": worst}


def test_both_figures_of_the_overview_are_there_and_split_right_from_wrong(digits):
    at = opened("overview", data="digits")
    charts = {c.proto.id.split("overview.")[-1]: json.loads(c.proto.spec) for c in at.get("plotly_chart")}
    sure = next(spec for name, spec in charts.items() if name.startswith("sure"))
    heads = [note["text"] for note in sure["layout"]["annotations"]]
    wrong = int((digits["digit"] != digits["predicted"]).sum())
    assert any(head.startswith("<b>Wrong</b>") and head.endswith(f" {wrong} rows") for head in heads)
    assert sure["layout"]["xaxis2"]["title"]["text"] == "Probability of the predicted class"
    assert any(name.startswith("matrix") for name in charts)


def test_decisions_alone_have_no_cards_of_probabilities_and_name_the_classes_left_out(decided, cards):
    at = opened("overview", data=decided)
    assert list(cards) == ["accuracy", "balanced_accuracy", "f1_macro", "mcc"]
    assert (
        cards["balanced_accuracy"]["detail"] == "mean of 3 of 4 classes"
    )  # nobody knows the recall of no row
    assert "‘ghost’ is left out of Balanced accuracy" in written(at)
    table = frame(at, "Class").set_index("Class")
    assert "ROC AUC" not in table.columns
    assert np.isnan(table["Recall"]["ghost"])
    assert np.isnan(table["Precision"]["rare"])
    assert len(at.get("plotly_chart")) == 1


def test_an_infinite_log_loss_says_in_how_many_rows(cards, monkeypatch, tmp_path):
    path = tmp_path / "sure.csv"
    pd.DataFrame({"truth": ["a", "b", "c", "c"], "p_a": [1, 0, 0.2, 1], "p_b": [0, 1, 0.3, 0], "p_c": [0, 0, 0.5, 0]}).to_csv(path, index=False)  # fmt: skip
    opened("overview", data=launched(monkeypatch, path, y_true="truth", proba_prefix="p_"))
    assert cards["log_loss"]["reason"] == "infinite: the true class has probability 0 in 1 row"


# ------------------------------------------------------------------------------------------------ confusion


def test_the_pairs_are_a_direct_count_with_their_share_of_all_mistakes(digits):
    table = frame(opened("confusion", data="digits"), "Taken for")
    wrong = digits[digits["digit"] != digits["predicted"]]
    counted = wrong.groupby(["digit", "predicted"]).size()
    assert len(table) == len(counted)
    assert table["Rows"].is_monotonic_decreasing
    for true, taken, n in zip(table["True class"], table["Taken for"], table["Rows"], strict=True):
        assert counted[int(true), int(taken)] == n
    np.testing.assert_allclose(table["Share of mistakes"], 100 * table["Rows"] / len(wrong))
    np.testing.assert_allclose(table["Together"], 100 * table["Rows"].cumsum() / len(wrong))


def test_a_clicked_cell_leads_to_its_rows():
    at = opened("confusion", data="digits")
    at.session_state["confusion.classes"] = clicked_cell(8, 1)
    at.run()
    assert not at.exception
    assert (at.query_params["true"], at.query_params["pred"]) == ("8", "1")
    assert at.header[0].value == "Examples"


def test_a_cell_of_the_overview_leads_to_its_rows_too():
    at = opened("overview", data="digits")
    at.session_state["overview.matrix"] = clicked_cell(3, 8)
    at.run()
    assert (at.query_params["true"], at.query_params["pred"]) == ("3", "8")
    assert at.header[0].value == "Examples"


def test_the_keyboard_leads_to_the_same_rows_and_coming_back_does_not_jump_again():
    at = opened("confusion", data="digits")
    assert at.button(key="confusion.cell.show").disabled
    at.selectbox(key="confusion.cell.true").set_value("8")
    at.selectbox(key="confusion.cell.predicted").set_value("1").run()
    at.button(key="confusion.cell.show").click().run()
    assert (at.query_params["true"], at.query_params["pred"]) == ("8", "1")
    assert at.header[0].value == "Examples"
    at.switch_page("pages/confusion.py").run()
    assert at.header[0].value == "Confusion"


def test_a_cell_without_rows_offers_no_way():
    at = opened("confusion", data="digits")
    at.selectbox(key="confusion.cell.true").set_value("0")
    at.selectbox(key="confusion.cell.predicted").set_value("1").run()
    assert at.button(key="confusion.cell.show").disabled
    assert at.button(key="confusion.cell.show").label == "No rows"


@pytest.mark.parametrize("order", ["file", "similar"])
@pytest.mark.parametrize("share", ["counts", "true", "predicted"])
def test_every_way_to_look_at_the_matrix_draws(order, share):
    at = opened("confusion", data="digits")
    at.segmented_control(key="confusion.classes.share").set_value(share)
    at.segmented_control(key="confusion.classes.order").set_value(order)
    at.toggle(key="confusion.classes.wrong").set_value(True).run()
    assert not at.exception
    spec = json.loads(at.get("plotly_chart")[0].proto.spec)
    names = spec["layout"]["xaxis"]["ticktext"]
    assert sorted(names) == list("0123456789")
    assert (names == list("0123456789")) == (order == "file")


def test_the_table_of_metrics_has_value_interval_and_definition(digits):
    table = frame(opened("confusion", data="digits"), "Metric").set_index("Key")
    assert table["Value"]["accuracy"] == numbers.share((digits["digit"] == digits["predicted"]).mean())
    assert table["95 % interval"].str.contains("–").all()
    assert table["Definition"].str.len().gt(10).all()


def test_means_name_the_classes_they_leave_out(decided):
    table = frame(opened("confusion", data=decided), "Metric").set_index("Key")
    assert table["Definition"]["recall_macro"].endswith("Left out here: ghost.")
    assert "n/a because there are no probabilities" in table["Definition"]["log_loss"]


def test_of_very_many_classes_the_most_confused_are_shown_and_it_says_so(monkeypatch, tmp_path):
    k = 70
    truth = np.repeat(np.arange(k), 6)
    guess = truth.copy()
    guess[::6] = np.where(
        truth[::6] < 20, truth[::6] ^ 1, truth[::6]
    )  # pairs of the first twenty are confused
    path = tmp_path / "many.csv"
    pd.DataFrame({"truth": [f"c{i:02d}" for i in truth], "guess": [f"c{i:02d}" for i in guess]}).to_csv(path, index=False)  # fmt: skip
    at = opened("confusion", data=launched(monkeypatch, path, y_true="truth", y_pred="guess"))
    assert "**30 classes in the most mistakes** of 70: 20 of 20 mistakes lie between them." in written(at)
    names = json.loads(at.get("plotly_chart")[0].proto.spec)["layout"]["xaxis"]["ticktext"]
    assert len(names) == 31
    assert names[-1] == "(other)"
    assert set(names) >= {f"c{i:02d}" for i in range(20)}


def test_searched_classes_stand_alone_with_all_others_in_one(monkeypatch, tmp_path):
    truth = np.repeat(np.arange(15), 4)
    guess = np.where(np.arange(60) % 4 == 0, (truth + 1) % 15, truth)
    path = tmp_path / "some.csv"
    pd.DataFrame({"truth": [f"c{i:02d}" for i in truth], "guess": [f"c{i:02d}" for i in guess]}).to_csv(path, index=False)  # fmt: skip
    at = opened("confusion", data=launched(monkeypatch, path, y_true="truth", y_pred="guess"))
    at.multiselect(key="confusion.classes.chosen").set_value(["c03", "c04"]).run()
    assert not at.exception
    names = json.loads(at.get("plotly_chart")[0].proto.spec)["layout"]["xaxis"]["ticktext"]
    assert names == ["c03", "c04", "(other)"]
    assert "1 of 15 mistakes lie between the **2 chosen classes**; (other) holds 13 more." in written(at)


def test_weights_are_summed_and_said(weighted, tmp_path):
    at = opened("confusion", data=weighted, model="strong")
    assert "sums of the weights in w" in written(at)
    table = frame(at, "Class")
    assert table["Rows"].sum() == pytest.approx(pd.read_csv(tmp_path / "weighted.csv")["w"].sum())


# ------------------------------------------------------------------------------------------------ threshold


def test_a_threshold_asks_for_a_class_and_offers_the_weakest(digits):
    at = opened("threshold", data="digits")
    assert "A threshold belongs to one class: choose one" in written(at)
    scores = f1_score(digits["digit"], digits["predicted"], average=None)
    assert (
        f"Class **{scores.argmin()}**: lowest F1, {scores.min():.3f}"
        in at.button(key="threshold.worst").label
    )
    at.button(key="threshold.worst").click().run()
    assert at.query_params["class"] == str(scores.argmin())
    assert "Every metric at this threshold" in written(at)


def test_any_other_class_can_be_chosen_on_the_page():
    at = opened("threshold", data="digits")
    at.selectbox(key="threshold.class").set_value("3").run()
    assert at.query_params["class"] == "3"
    assert not at.exception


def test_a_class_without_probabilities_is_told_so(decided):
    at = opened("threshold", data=decided)
    assert "This model has no probabilities, only decisions" in written(at)
    at = opened("threshold", data=decided, **{"class": "b"})
    assert "There are no probabilities of class ‘b’" in written(at)
    assert not at.dataframe


def test_the_threshold_of_a_class_cuts_its_probability(digits):
    at = opened("threshold", data="digits", t="0.3", **{"class": "8"})
    of_class, flagged = digits["digit"] == 8, digits["proba_8"] >= 0.3
    table = frame(at, "Metric").set_index("Key")
    assert table["Value"]["recall"] == numbers.share((of_class & flagged).sum() / of_class.sum())


# ------------------------------------------------------------------------------------------------ everywhere


def test_the_class_is_chosen_in_the_sidebar_and_taken_off_at_the_head(cards):
    at = opened("overview", data="digits")
    assert at.selectbox(key="sidebar.class").options == ["All classes", *"0123456789"]
    at.selectbox(key="sidebar.class").set_value("8").run()
    assert at.query_params["class"] == "8"
    assert list(cards)[:2] == ["roc_auc", "average_precision"]
    chip = at.button(key="gate.class")
    assert chip.label == "class **8** against the rest"
    chip.click().run()
    assert "class" not in at.query_params
    assert next(iter(cards)) == "accuracy"
    assert at.selectbox(key="sidebar.class").value == ""


def test_two_classes_have_no_class_to_choose():
    at = opened("overview")
    assert "sidebar.class" not in {box.key for box in at.selectbox}


def test_the_head_says_how_many_classes_and_who_decides(decided, weighted):
    text = written(opened("overview", data="digits"))
    assert "10 classes" in text
    assert "decided by predicted" in text


def test_without_decisions_the_most_probable_class_decides(weighted):
    assert "most probable class" in written(opened("overview", data=weighted))


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("query", [{}, {"model": "strong"}, {"class": "*birch*"}, {"class": "<b>ash</b>", "t": "0.4"}])  # fmt: skip
def test_weights_and_several_models_break_no_page(weighted, page, query):
    at = opened(page, data=weighted, **query)
    assert not at.error
    assert "<b>" not in written(at).replace("\\<", "")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("query", [{}, {"class": "a"}, {"class": "ghost"}, {"class": "rare"}, {"filter": "truth == 'a'"}])  # fmt: skip
def test_decisions_alone_break_no_page(decided, page, query):
    assert not opened(page, data=decided, **query).error


@pytest.mark.parametrize("page", PAGES)
def test_a_threshold_without_a_class_is_taken_out_of_the_link(page):
    at = opened(page, data="digits", t="0.3")
    assert "t" not in at.query_params
    assert not at.error


@pytest.mark.parametrize("query", [{"data": "digits", "class": "zz"}, {"data": "fraud", "class": "1"}])
def test_a_class_that_is_none_is_one_sentence_and_a_way_back(query):
    at = opened("overview", **query)
    assert len(at.error) == 1
    at.button(key="gate.classes").click().run()
    assert "class" not in at.query_params
    assert not at.error
    assert not at.exception


def test_every_row_right_has_no_pair_and_says_so(monkeypatch, tmp_path):
    path = tmp_path / "right.csv"
    pd.DataFrame({"truth": list("abcabc"), "guess": list("abcabc")}).to_csv(path, index=False)
    name = launched(monkeypatch, path, y_true="truth", y_pred="guess")
    assert "Every row is predicted right." in written(opened("overview", data=name))
    assert "No class was taken for another" in written(opened("confusion", data=name))
