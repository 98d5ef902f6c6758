"""The parts of the Slices page that look for where the model fails: tree, two columns, what matters, rates, words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from demo_data import demo
from tests.pages.opened import launched, opened, written

_LIMIT = 60


@pytest.fixture(scope="module")
def fraud() -> pd.DataFrame:
    frame = pd.read_parquet(demo("fraud").path)
    return frame.assign(wrong=(frame["is_fraud"] == 1) != (frame["score"] >= 0.25))


@pytest.fixture
def made_up(tmp_path, monkeypatch):
    """Open a part on a small table with a planted group, a text and a second class rate."""

    def make(part: str, n: int = 600, **query: str):
        rng = np.random.default_rng(0)
        group = rng.choice(["a", "b"], n)
        truth = rng.integers(0, 2, n)
        wrong = rng.random(n) < np.where(group == "a", 0.5, 0.05)
        note = np.where(wrong & (rng.random(n) < 0.8), "please refund me", "all is well with it")
        frame = pd.DataFrame(
            {
                "truth": truth,
                "said": truth ^ wrong,
                "group": group,
                "size": rng.normal(size=n).round(3),
                "note": note,
            }
        )
        path = tmp_path / "made.csv"
        frame.to_csv(path, index=False)
        name = launched(
            monkeypatch,
            path,
            y_true="truth",
            y_pred="said",
            pos_label="1",
            slices=["group", "size"],
            text=["note"],
        )
        return opened("slices", data=name, part=part, **query)

    return make


def filter_of(at) -> str:
    found = at.query_params["filter"]
    return found if isinstance(found, str) else found[0]


def test_the_tree_finds_the_planted_group_and_says_how_firm_it_is(made_up):
    at = made_up("tree")
    said = written(at)
    assert "Clearest leaf: **group is a**" in said
    assert "which it has not seen (seed 0)" in said
    assert "first split the same in 20 of 20 samples" in said
    assert len(at.get("plotly_chart")) == 1


def test_a_node_leads_to_its_errors_by_keyboard(made_up):
    at = made_up("tree")
    at.selectbox(key="slices.tree.node").set_value("group is a").run()
    at.button(key="slices.tree.show").click().run()
    assert not at.exception
    assert filter_of(at) == "group == 'a'"
    assert at.query_params["rows"] in ("errors", ["errors"])
    assert "errors" in written(at)


def test_another_loss_and_depth_grow_another_tree(made_up):
    at = made_up("tree")
    at.selectbox(key="slices.loss").set_value("fnr").run()
    at.select_slider(key="slices.tree.depth").set_value(1).run()
    assert not at.exception
    assert "false negatives" in written(at)
    assert len(at.selectbox(key="slices.tree.node").options) == 2


def test_without_a_split_the_tree_says_why(made_up):
    at = made_up("tree", n=40)
    assert "No condition" in written(at)
    assert not at.get("plotly_chart")


def test_two_columns_wait_until_both_are_chosen():
    at = opened("slices", part="pair")
    assert "Choose two columns" in written(at)
    at.selectbox(key="slices.pair.first.fraud.parquet").set_value("device").run()
    assert "Choose a second column" in written(at)
    assert not at.get("plotly_chart")


def test_a_cell_of_two_columns_leads_to_its_rows(fraud):
    at = opened("slices", part="pair", t="0.25")
    at.selectbox(key="slices.pair.first.fraud.parquet").set_value("device").run()
    at.selectbox(key="slices.pair.second.fraud.parquet").set_value("merchant_type").run()
    at.selectbox(key="slices.pair.row").set_value("mobile web").run()
    at.selectbox(key="slices.pair.column").set_value("gaming").run()
    inside = fraud[(fraud["device"] == "mobile web") & (fraud["merchant_type"] == "gaming")]
    assert f"{len(inside):,} rows" in written(at)
    at.button(key="slices.pair.show").click().run()
    assert filter_of(at) == "device == 'mobile web' and merchant_type == 'gaming'"
    assert f"of **{inside['wrong'].sum()}** errors" in written(at)


def test_a_filter_that_leaves_no_positive_row_is_a_sentence_on_every_part(made_up):
    for part in ("tree", "matter"):
        at = made_up(part, filter="truth == 0")
        at.selectbox(key="slices.loss").set_value("fnr").run()
        assert not at.exception
        assert "no positive row" in written(at).replace("\\", "")


def test_the_quality_of_the_second_model_comes_before_the_ranking(made_up):
    at = made_up("matter")
    said = written(at)
    assert "ROC AUC" in said
    assert "The ranking is worth as much as that" in said
    assert len(at.get("plotly_chart")) == 2


def test_columns_that_tell_nothing_are_not_ranked(made_up):
    at = made_up("matter")
    at.multiselect(key="slices.matter.columns.made.csv").set_value(["size"]).run()
    assert not at.exception
    assert "not predictable" in written(at)
    assert "the groups of none differ" in written(at)
    assert not at.get("plotly_chart")


def test_the_rates_of_the_groups_are_direct_counts(fraud):
    at = opened("slices", part="rates", t="0.25")
    at.selectbox(key="slices.rates.column.fraud.parquet").set_value("device").run()
    assert not at.exception
    table = at.dataframe[0].value.set_index("Group")
    positive = fraud[fraud["is_fraud"] == 1]
    for device, rows in positive.groupby("device"):
        share = 100 * (rows["score"] >= 0.25).mean()
        assert table.loc[device, "Recall"].startswith(f"{share:.1f}% ")
        assert table.loc[device, "Recall"].endswith(f" of {len(rows):,}")


def test_gaps_can_be_asked_to_one_group_and_parity_shown(made_up):
    at = made_up("rates")
    at.selectbox(key="slices.rates.reference.made.csv.group").set_value("b").run()
    at.segmented_control(key="slices.rates.view").set_value("parity").run()
    assert not at.exception
    table = at.dataframe[0].value.set_index("Group")
    assert table.loc["b", "Precision: gap"] == "compared with"
    assert "predictive parity" in written(at)


def test_words_that_come_with_mistakes_are_listed_and_lead_to_their_rows(made_up):
    at = made_up("words")
    assert "refund" in written(at)
    assert at.dataframe[0].value["Word"].iloc[0] in ("please", "refund", "me")
    at.selectbox(key="slices.words.word").set_value("refund").run()
    at.button(key="slices.words.show").click().run()
    assert not at.exception
    assert filter_of(at) == "word(note, 'refund')"


def test_what_was_made_once_is_not_made_again(made_up, monkeypatch):
    from app.views import slices_tree

    at = made_up("tree")
    monkeypatch.setattr(slices_tree, "error_tree", None)  # a second call would fail
    at.run()
    assert not at.exception
    assert "Clearest leaf" in written(at)
