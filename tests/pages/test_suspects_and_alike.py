"""Label suspects, the rows most like one, and the groups of a row, drawn alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app.palette import DARK, LIGHT
from app.views.alike_rows import marked
from metrics_core.text_changes import text_changes
from tests.pages.opened import launched, written


def _page() -> None:
    """Draw the views under each other for the first suspect."""
    import streamlit as st

    from app import state
    from app.views import gate
    from app.views.alike_rows import alike_rows, row_groups
    from app.views.label_suspects import can_suspect, suspect_cases, suspects_summary, suspicion_line
    from app.views.row_contents import cells_of

    state.begin()
    shown = gate.require("Examples", "Which rows are behind it?")
    case = 0
    if can_suspect(shown.of_model.cases):
        case = int(suspect_cases(shown)[0])
    suspects_summary(shown)
    st.caption(suspicion_line(shown, case) or "no suspect")
    row = int(shown.of_model.cases.rows[case])
    row_groups(shown, row)
    st.session_state["alike.open"] = True
    alike_rows(shown, case, cells_of(shown, row))


@pytest.fixture
def drawn(tmp_path, monkeypatch):
    """Draw the views on a table of 300 rows whose row 7 has the wrong label."""

    def make(*, score: bool = True, **query: str):
        rng = np.random.default_rng(0)
        truth = np.resize([0, 1], 300)
        p = np.where(truth == 1, rng.uniform(0.6, 0.95, 300), rng.uniform(0.05, 0.4, 300)).round(3)
        p[6] = 0.99 if truth[6] == 0 else 0.01
        frame = pd.DataFrame({
            "truth": truth, "said": (p >= 0.5).astype(int), "p": p, "city": rng.choice(["a", "b"], 300), "age": rng.integers(18, 80, 300),
            "note": [f"the note of row {i}" for i in range(300)],
        })  # fmt: skip
        path = tmp_path / "made.csv"
        frame.to_csv(path, index=False)
        how = {"y_score": "p"} if score else {"y_pred": "said"}
        left = frame if score else frame.drop(columns="p")
        left.to_csv(path, index=False)
        name = launched(
            monkeypatch, path, y_true="truth", pos_label="1", slices=["city", "age"], text=["note"], **how
        )
        at = AppTest.from_function(_page, default_timeout=60)
        for key, value in {"data": name, **query}.items():
            at.query_params[key] = value
        at.run()
        assert not at.exception
        return at, left

    return make


def test_the_summary_says_how_many_labels_to_check_and_never_that_they_are_wrong(drawn):
    at, _ = drawn()
    said = written(at).replace("\\", "")
    assert "Check these labels" in said
    assert "a row to check, not a wrong label" in said
    assert "Check this label: 1 of " in said


def test_the_table_holds_the_metrics_as_labelled_and_if_the_suspects_are_wrong(drawn):
    at, frame = drawn()
    table = at.dataframe[0].value.set_index("If")
    accuracy = 100 * (frame["said"] == frame["truth"]).mean()
    assert table.loc["As labelled", "Accuracy"] == f"{accuracy:.1f}%"
    assert table.loc["All relabelled", "Accuracy"] == "100.0%"
    assert list(table.index) == ["As labelled", "Suspects left out", "51% relabelled", "All relabelled"]


def test_without_probabilities_it_says_what_is_missing(drawn):
    at, _ = drawn(score=False)
    assert "this model has none" in written(at).replace("\\", "")


def test_the_rows_most_like_a_row_are_listed_with_what_differs(drawn):
    at, frame = drawn()
    table = next(element.value for element in at.dataframe if "Alike" in element.value)
    assert len(table) == 5
    assert table["Alike"].is_monotonic_decreasing
    assert (table["Alike"] <= 100).all()
    right = frame["said"] == frame["truth"]
    assert [right[row - 1] for row in table["Row"]] == [decision == "right" for decision in table["Decision"]]


def test_only_rows_predicted_right_can_be_asked_for(drawn):
    at, _ = drawn()
    at.segmented_control(key="alike.kind").set_value("right").run()
    assert not at.exception
    table = next(element.value for element in at.dataframe if "Alike" in element.value)
    assert set(table["Decision"]) == {"right"}


def test_a_group_of_the_row_keeps_its_rows(drawn):
    at, _ = drawn()
    pills = at.button_group(key="groups.of")
    city = next(option for option in pills.options if "city" in str(option))
    pills.set_value(str(city).replace("\\", "")).run()
    assert not at.exception
    assert str(at.query_params["filter"]).startswith("city == ")


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_text_of_the_file_is_never_markup_in_a_comparison(palette):
    found = marked(text_changes("a *bold* [link](x) <b>", "a :red[x] ~~y~~"), palette)
    assert "[link](x)" not in found
    assert "*bold*" not in found.replace("**", "")
    assert "<b>" not in found
    assert ":red[x]" not in found
