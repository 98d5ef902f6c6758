"""Many classes on the Threshold page: costs of mistakes, the class that costs least, and a threshold of each class."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import streamlit
from streamlit.testing.v1 import AppTest

from app import numbers, state
from app.components import metric_cards
from demo_data import demo
from metrics_core.decisions.class_costs import ClassCosts
from tests.pages.opened import launched, opened, written

Edit = Callable[[pd.DataFrame], pd.DataFrame]


@pytest.fixture(scope="module")
def digits() -> pd.DataFrame:
    return pd.read_parquet(demo("digits").path).astype({"digit": int, "predicted": int})


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """What the browser is given to draw, by card; AppTest does not show a component's data."""
    sent: dict[str, dict[str, Any]] = {}

    def mount(*, key: str, data: dict[str, Any]) -> None:
        sent.update({card["key"]: card["texts"] for card in json.loads(json.dumps(data))["cards"]})

    monkeypatch.setattr(metric_cards, "_mount", mount)
    return sent


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[str, bytes]]:
    """What the page offers for download, name and content by key; AppTest does not run a download."""
    offered: dict[str, tuple[str, bytes]] = {}

    def button(label: str, data: Any, name: str, *args: Any, key: str, **kwargs: Any) -> bool:
        offered[key] = (name, data() if callable(data) else data)
        return False

    monkeypatch.setattr(streamlit, "download_button", button)
    return offered


@pytest.fixture
def editing(monkeypatch: pytest.MonkeyPatch) -> list[Edit]:
    """What a user does to the table of costs; AppTest cannot edit one. The last one counts."""
    edits: list[Edit] = []
    monkeypatch.setattr(streamlit, "data_editor", lambda frame, **kwargs: edits[-1](frame.copy()) if edits else frame)  # fmt: skip
    return edits


def cell(true: int, predicted: int, cost: float | None) -> Edit:
    def edit(frame: pd.DataFrame) -> pd.DataFrame:
        frame.loc[true, str(predicted)] = cost
        return frame

    return edit


def table(at: AppTest, *columns: str) -> pd.DataFrame:
    return next(one.value for one in at.dataframe if set(columns) <= set(one.value.columns))


def expected(digits: pd.DataFrame, cost: np.ndarray) -> np.ndarray:
    """The class that costs least, written out: for each row the lowest of ten expected costs."""
    p = digits[[f"proba_{i}" for i in range(10)]].to_numpy(dtype=float)
    each = np.stack([(p * cost[:, j]).sum(axis=1) for j in range(10)], axis=1)
    return np.asarray((each <= each.min(axis=1, keepdims=True) + 1e-12).argmax(axis=1))


@pytest.fixture
def thirteen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Thirteen classes, more than stand in a table."""
    rng = np.random.default_rng(8)
    names = [f"k{i:02d}" for i in range(13)]
    y = rng.integers(0, 13, 400)
    z = rng.normal(size=(400, 13))
    z[np.arange(400), y] += 2
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    frame = pd.DataFrame({"truth": np.array(names)[y]} | {f"p_{n}": p[:, i] for i, n in enumerate(names)})
    frame.to_csv(tmp_path / "thirteen.csv", index=False)
    return launched(monkeypatch, tmp_path / "thirteen.csv", y_true="truth", proba_prefix="p_")


# ------------------------------------------------------------------------------------------------ costs


def test_while_every_mistake_costs_the_same_nothing_changes_and_the_page_says_why(digits, cards):
    at = opened("threshold", data="digits")
    wrong = (digits["digit"] != digits["predicted"]).mean()
    assert cards["before"]["value"] == cards["after"]["value"] == numbers.number(wrong)
    assert cards["changed"]["detail"] == f"0 of {len(digits):,} rows"
    assert "Now every mistake costs the same" in written(at)
    assert "No decision changes." in written(at)


def test_a_cost_changes_decisions_as_counting_by_hand_does(digits, cards, editing, files):
    editing.append(cell(8, 1, 25.0))
    at = opened("threshold", data="digits")
    cost = 1 - np.eye(10)
    cost[8, 1] = 25
    after, before, truth = expected(digits, cost), digits["predicted"].to_numpy(), digits["digit"].to_numpy()
    assert (after != before).any()
    assert cards["before"]["value"] == numbers.number(cost[truth, before].mean())
    assert cards["after"]["value"] == numbers.number(cost[truth, after].mean())
    assert cards["saved"]["value"] == numbers.number((cost[truth, before] - cost[truth, after]).mean())
    assert cards["saved"]["interval"].startswith("95% CI ")
    assert cards["changed"]["detail"] == f"{(after != before).sum()} of {len(digits):,} rows"
    changes = table(at, "Before", "After")
    counted = pd.DataFrame({"b": before, "a": after})[after != before].value_counts()
    assert changes["Rows"].is_monotonic_decreasing
    for b, a, n in zip(changes["Before"], changes["After"], changes["Rows"], strict=True):
        assert counted[int(b), int(a)] == n
    first = (before == int(changes["Before"].iloc[0])) & (after == int(changes["After"].iloc[0]))
    saved = (cost[truth, before] - cost[truth, after])[first].sum()
    assert changes["Saved"].iloc[0] == pytest.approx(saved)
    assert changes["Right before"].iloc[0] == (truth == before)[first].sum()
    ways = table(at, "Decision").set_index("Decision")
    assert ways["Right"]["Lowest expected cost"] == pytest.approx(100 * (after == truth).mean())
    assert ways["Cost of all"]["Lowest expected cost"] == pytest.approx(cost[truth, after].sum())
    name, content = files["costs.decisions.csv"]
    assert name == "digits-decisions-by-lowest-expected-cost.csv"
    out = pd.read_csv(io.BytesIO(content))
    assert list(out.columns) == ["row", "id", "before", "after"]
    assert out["row"].tolist() == list(range(1, len(digits) + 1))
    assert out["id"].tolist() == digits["image_id"].tolist()
    assert out["before"].tolist() == before.tolist()
    assert out["after"].tolist() == after.tolist()


def test_the_matrix_that_follows_promises_no_click(editing, files):
    editing.append(cell(8, 1, 25.0))
    at = opened("threshold", data="digits")
    spec = json.loads(next(c.proto.spec for c in at.get("plotly_chart") if "costs.matrix" in c.proto.id))
    cells = next(trace for trace in spec["data"] if trace.get("name") == "cells")
    assert len(cells["hovertext"]) == 100
    assert not any("Click" in text for text in cells["hovertext"])
    filled = pd.read_csv(io.BytesIO(files["costs.matrix.csv"][1]))
    assert filled["rows"].sum() == 1797
    after = pd.read_csv(io.BytesIO(files["costs.decisions.csv"][1]))["after"]
    assert filled.groupby("predicted")["rows"].sum().tolist() == after.value_counts().sort_index().tolist()


def test_the_filter_narrows_the_rows_that_are_decided(digits, files):
    opened("threshold", data="digits", filter="fold == 2")
    out = pd.read_csv(io.BytesIO(files["costs.decisions.csv"][1]))
    assert out["row"].tolist() == (np.flatnonzero(digits["fold"] == 2) + 1).tolist()


def test_an_empty_cell_is_one_sentence_and_leaves_the_table(editing):
    editing.append(cell(8, 1, None))
    at = opened("threshold", data="digits")
    assert [error.value for error in at.error] == [numbers.plain("1 of 100 costs are missing or infinite: true '8' predicted '1'. Give each a number; 0 where nothing is lost.")]  # fmt: skip
    assert at.button(key="costs.again").label == "0 right, 1 wrong"


def test_costs_last_while_the_session_does_and_can_start_again(cards, editing):
    editing.append(cell(8, 1, 25.0))
    at = opened("threshold", data="digits")
    costly = cards["after"]["value"]
    editing.append(lambda frame: frame)
    at.switch_page("pages/overview.py").run()
    at.switch_page("pages/threshold.py").run()
    assert cards["after"]["value"] == costly
    at.button(key="costs.again").click().run()
    assert not at.exception
    assert cards["changed"]["value"] == numbers.share(0.0)


def test_a_table_is_read_from_a_file_and_what_is_offered_is_such_a_table(digits, cards, files):
    at = opened("threshold", data="digits")
    labels = [str(i) for i in range(10)]
    cost = np.random.default_rng(2).integers(0, 9, (10, 10)).astype(float)
    text = pd.DataFrame(cost, index=labels, columns=labels).to_csv(index_label="true")
    upload(at).set_value(("prices.csv", text.encode(), "text/csv")).run()
    assert not at.exception
    after = expected(digits, cost)
    assert cards["after"]["value"] == numbers.number(cost[digits["digit"], after].mean())
    name, content = files["costs.csv"]
    assert name == "digits-costs.csv"
    again = pd.read_csv(io.BytesIO(content), dtype={"true": str})
    assert (ClassCosts.read(again, labels).cost == cost).all()


def upload(at: AppTest) -> Any:
    return next(one for one in at.get("file_uploader") if one.key.startswith("costs.file."))


def test_a_file_that_is_no_table_of_costs_is_one_sentence_and_changes_nothing(cards):
    at = opened("threshold", data="digits")
    before = dict(cards["after"])
    upload(at).set_value(("prices.csv", b"true,0,1\n0,0,1\n1,1,0\n", "text/csv")).run()
    assert not at.exception
    assert len(at.error) == 1
    assert "lacks 8 of 10 true classes" in at.error[0].value
    assert cards["after"] == before


def test_more_than_twelve_classes_take_single_pairs(thirteen, cards, editing):
    seen: list[pd.DataFrame] = []

    def look(frame: pd.DataFrame) -> pd.DataFrame:
        seen.append(frame)
        return frame

    editing.append(look)
    at = opened("threshold", data=thirteen)
    assert list(seen[-1].columns) == ["True class", "Taken for", "Cost"]
    assert len(seen[-1]) == 5
    assert (seen[-1]["Cost"] == 1).all()
    assert cards["changed"]["value"] == numbers.share(0.0)
    editing.append(lambda frame: pd.concat([frame, pd.DataFrame({"True class": ["k03", "k04"], "Taken for": ["k05", None], "Cost": [40.0, 3.0]})]))  # fmt: skip
    at.run()
    assert not at.exception
    assert "1 row of the list lacks a class or a cost" in written(at)
    assert cards["changed"]["value"] != numbers.share(0.0)


def test_a_pair_taken_off_the_list_costs_what_it_did_before(thirteen, cards, editing):
    """Also when the page was left in between: the list is drawn from what it held."""
    editing.append(lambda frame: frame.assign(Cost=[40.0, *frame["Cost"].iloc[1:]]))
    at = opened("threshold", data=thirteen)
    assert cards["changed"]["value"] != numbers.share(0.0)
    editing.append(lambda frame: frame)
    at.switch_page("pages/overview.py").run()
    at.switch_page("pages/threshold.py").run()
    assert cards["changed"]["value"] != numbers.share(0.0)
    editing.append(lambda frame: frame.iloc[1:])
    at.run()
    assert cards["changed"]["value"] == numbers.share(0.0)


def test_a_pair_listed_twice_is_one_sentence(thirteen, editing):
    editing.append(lambda frame: pd.concat([frame, frame.head(1)]))
    at = opened("threshold", data=thirteen)
    assert len(at.error) == 1
    assert "is in the list twice" in at.error[0].value


def test_without_probabilities_the_card_says_what_is_missing(monkeypatch, tmp_path):
    pd.DataFrame({"truth": list("abcabc"), "guess": list("abccba")}).to_csv(tmp_path / "d.csv", index=False)
    at = opened("threshold", data=launched(monkeypatch, tmp_path / "d.csv", y_true="truth", y_pred="guess"))
    assert "The class that costs least follows from probabilities, and this model has none" in written(at)
    assert not at.dataframe
    assert not at.error


def test_weights_count_as_they_do_everywhere(monkeypatch, tmp_path, cards, editing):
    """Two rows of weight 1 and 3 by hand: with .6 of a, calling b costs .6, calling a .4 * 5."""
    frame = pd.DataFrame({"truth": ["a", "b", "c"] * 2, "w": [1.0, 3.0, 1.0] * 2,
                          "p_a": [0.6, 0.6, 0.0] * 2, "p_b": [0.4, 0.4, 0.0] * 2, "p_c": [0.0, 0.0, 1.0] * 2})  # fmt: skip
    frame.to_csv(tmp_path / "w.csv", index=False)
    editing.append(cell(1, 0, 5.0))
    at = opened("threshold", data=launched(monkeypatch, tmp_path / "w.csv", y_true="truth", proba_prefix="p_", weight="w"))  # fmt: skip
    assert cards["before"]["value"] == numbers.number(15 / 5)
    assert cards["after"]["value"] == numbers.number(1 / 5)
    assert cards["changed"]["value"] == numbers.share(4 / 5)
    assert cards["changed"]["detail"] == "4 of 6 rows, by weight"
    changes = table(at, "Before", "After")
    assert changes.iloc[0].tolist() == ["a", "b", 8.0, 2.0, 6.0, 28.0]
    assert list(table(at, "Decision")["Decision"]) == ["Most probable class", "Lowest expected cost"]


def test_ids_that_a_spreadsheet_would_run_are_defused(monkeypatch, tmp_path, files):
    frame = pd.DataFrame({"truth": list("abc"), "id": ["=1+1", "x", "y"], "p_a": [1.0, 0, 0], "p_b": [0, 1.0, 0], "p_c": [0, 0, 1.0]})  # fmt: skip
    frame.to_csv(tmp_path / "ids.csv", index=False)
    opened("threshold", data=launched(monkeypatch, tmp_path / "ids.csv", y_true="truth", proba_prefix="p_", id="id"))  # fmt: skip
    assert b'"\'=1+1"' in files["costs.decisions.csv"][1]


# ------------------------------------------------------------------------------------------------ thresholds


def test_each_class_has_its_best_threshold_lowest_value_first(digits):
    cuts = table(opened("threshold", data="digits"), "label", "threshold")
    assert cuts["value"].is_monotonic_increasing
    one = cuts.iloc[0]
    score, positive = digits[f"proba_{one['label']}"].to_numpy(), digits["digit"] == int(one["label"])

    def f1(cut: float) -> float:
        flagged = score >= cut
        return float(2 * (flagged & positive).sum() / (flagged.sum() + positive.sum()))

    assert one["value"] == pytest.approx(f1(one["threshold"]))
    assert one["value"] == pytest.approx(max(map(f1, np.unique(score))))
    assert one["flagged"] == (score >= one["threshold"]).sum()
    assert one["recall"] == pytest.approx(100 * ((score >= one["threshold"]) & positive).sum() / positive.sum())  # fmt: skip


def test_another_objective_chooses_other_thresholds():
    at = opened("threshold", data="digits")
    f1 = table(at, "label", "threshold").set_index("label")["threshold"]
    at.segmented_control(key="cuts.objective").set_value("youden_j").run()
    assert not at.exception
    other = table(at, "label", "threshold").set_index("label")
    assert (other["threshold"] <= f1[other.index]).all()
    assert (other["threshold"] < f1[other.index]).any()


def test_a_click_on_a_class_looks_at_it_at_its_threshold(monkeypatch):
    at = opened("threshold", data="digits")
    one = table(at, "label", "threshold").iloc[2]
    # AppTest cannot click a table: the answer to the click is called as the browser would make it be called
    answers: dict[str, Any] = {}
    monkeypatch.setattr(streamlit, "dataframe", lambda *args, key=None, on_select=None, **kwargs: answers.update({key: on_select}))  # fmt: skip
    chosen, changed = state.chosen, {}
    picked = {"selection": {"rows": [2], "columns": [], "cells": []}}
    monkeypatch.setattr(state, "chosen", lambda key, default=None: picked if key == "cuts.table" else chosen(key, default))  # fmt: skip
    monkeypatch.setattr(state, "change", lambda **fields: changed.update(fields))
    at.run()
    answers["cuts.table"]()
    assert changed == {"label": one["label"], "threshold": one["threshold"]}
    at = opened("threshold", data="digits", t=repr(changed["threshold"]), **{"class": changed["label"]})
    assert f"score ≥ {numbers.threshold(changed['threshold'])}" in written(at).replace("\\", "")


def test_a_class_that_is_too_small_says_so(monkeypatch, tmp_path):
    rng = np.random.default_rng(1)
    truth = np.array(["a"] * 40 + ["b"] * 40 + ["rare"] * 3)
    p = rng.dirichlet([1, 1, 1], 83)
    pd.DataFrame({"truth": truth, "p_a": p[:, 0], "p_b": p[:, 1], "p_rare": p[:, 2]}).to_csv(tmp_path / "r.csv", index=False)  # fmt: skip
    cuts = table(opened("threshold", data=launched(monkeypatch, tmp_path / "r.csv", y_true="truth", proba_prefix="p_")), "label", "threshold")  # fmt: skip
    last = cuts.iloc[-1]
    assert (last["label"], last["reason"]) == ("rare", "3 positive rows are fewer than 10")
    assert np.isnan(last["threshold"])


def test_the_table_of_costs_that_is_offered_keeps_an_empty_cell_empty():
    from app.views.class_cost_form import cost_table

    offered = cost_table(np.array([[0, np.nan], [2.5, 0]]), ["a", "b"])
    assert offered == pa.table({"true": ["a", "b"], "a": [0, 2.5], "b": [None, 0.0]})


def test_the_list_of_pairs_draws_as_it_is(thirteen, files):
    at = opened("threshold", data=thirteen)
    assert not at.error
    assert pd.read_csv(io.BytesIO(files["costs.csv"][1])).shape == (13, 14)
