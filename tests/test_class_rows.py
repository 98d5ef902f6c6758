"""Rows of many classes outside the browser: order, the bars of one row, pictures, and which model owns a column."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import metrics_core as mc
from app.charts.top_classes import ClassBar, top_classes
from app.palette import DARK, LIGHT
from app.views import export
from app.views.class_columns import by_prefix, prefixes_of
from app.views.example_columns import example_columns, example_table
from app.views.pictures import MOST_IN_A_TABLE, as_text, in_a_table, is_picture
from app.views.role_form import by_model
from app.views.row_detail import class_bars, why_of_many
from app.views.selected_rows import Selection, counts, selected
from metrics_core.cases import ClassCases
from metrics_core.roles import Model
from metrics_core.source import open_source

PICTURE = "data:image/png;base64,iVBORw0KGgo="
SEVEN = tuple("abcdefg")


def predicted(rows: int = 60, classes: tuple[str, ...] = SEVEN, *, y_pred: bool = True) -> mc.Predictions:
    rng = np.random.default_rng(5)
    p = rng.dirichlet(np.ones(len(classes)), rows).round(3)
    p[:, -1] = 1 - p[:, :-1].sum(axis=1)
    frame = pd.DataFrame(p, columns=[f"p_{c}" for c in classes])
    frame["y"] = rng.choice(classes, rows)
    frame["seen"] = [PICTURE, "=1"] * (rows // 2)
    if y_pred:
        frame["d"] = rng.choice(classes, rows)
    return mc.read(frame, y_true="y", proba_prefix="p_", **({"y_pred": "d"} if y_pred else {}))


def cases_of(predictions: mc.Predictions) -> ClassCases:
    cases = predictions.judged()
    assert isinstance(cases, ClassCases)
    return cases


def test_mistakes_come_before_hits_and_the_surest_of_each_stand_at_the_ends():
    cases = cases_of(predicted())
    order = selected(cases, None, Selection(), "confident")
    n_wrong = int(cases.wrong.sum())
    assert cases.wrong[order].tolist() == [True] * n_wrong + [False] * (60 - n_wrong)
    sure = cases.of_decision()[order]
    assert (np.diff(sure[:n_wrong]) <= 0).all()
    assert (np.diff(sure[n_wrong:]) >= 0).all()


def test_a_class_nobody_knows_has_no_rows():
    cases = cases_of(predicted())
    assert counts(cases, None, Selection(true="z")) == {"": 0, "errors": 0, "right": 0}
    assert selected(cases, None, Selection(predicted="z")).size == 0


def test_every_cell_of_the_matrix_has_the_rows_it_counts():
    cases = cases_of(predicted())
    sizes = [[selected(cases, None, Selection(true=t, predicted=p)).size for p in SEVEN] for t in SEVEN]
    assert sizes == pd.crosstab(cases.truth, cases.predicted).reindex(index=range(7), columns=range(7), fill_value=0).to_numpy().tolist()  # fmt: skip


def test_the_file_taken_along_has_the_columns_shown_and_pictures_as_text():
    predictions = predicted()
    cases = cases_of(predictions)
    columns = example_columns(predictions, predictions.model(), frozenset({"seen"}))
    assert [c.content for c in columns[:6]] == [
        "row",
        "truth",
        "predicted",
        "of_decision",
        "of_truth",
        "picture",
    ]
    assert [c.content for c in columns[-7:]] == ["proba"] * 7
    chosen = selected(cases, None, Selection("errors"), "loss")
    read = pd.read_csv(io.BytesIO(export.csv(example_table(predictions, cases, None, chosen, columns[:6]))))
    assert read.columns.tolist() == ["Row", "y", "d", "P(predicted)", "P(true)", "seen"]
    np.testing.assert_allclose(read["P(true)"], np.sort(cases.of_truth()[cases.wrong]))
    assert set(read["seen"]) == {PICTURE, "'=1"}


@pytest.mark.parametrize("case", range(0, 60, 7))
def test_the_bars_are_the_most_probable_classes_and_whatever_is_true_or_predicted(case):
    classes = tuple("abcdefghijklmno")
    cases = cases_of(predicted(classes=classes))
    assert cases.probabilities is not None
    bars = class_bars(cases, case)
    p = cases.probabilities[case]
    top = [x for i, x in enumerate(np.sort(p)[::-1][:10]) if i < 3 or x >= 0.005]
    assert [b.probability for b in bars][: len(top)] == top
    assert [b.probability for b in bars] == sorted((b.probability for b in bars), reverse=True)
    assert [b.label for b in bars if b.true] == [cases.labels[cases.truth[case]]]
    assert [b.label for b in bars if b.predicted] == [cases.labels[cases.predicted[case]]]
    assert all(b.true or b.predicted for b in bars[len(top) :])


def test_equal_probabilities_share_their_rank():
    frame = pd.DataFrame(
        {"y": ["a", "b", "c"], "p_a": [0.0, 0.2, 0.2], "p_b": [1.0, 0.5, 0.3], "p_c": [0.0, 0.3, 0.5]}
    )
    bars = class_bars(mc.read(frame, y_true="y", proba_prefix="p_").judged(), 0)
    assert [(b.label, b.rank) for b in bars] == [("b", 1), ("a", 2), ("c", 2)]


def test_a_row_decided_by_its_highest_probability_says_so():
    predictions = predicted(y_pred=False)
    shown: Any = SimpleNamespace(
        of_model=SimpleNamespace(cases=predictions.judged()), model=predictions.model()
    )
    assert why_of_many(shown, 0).startswith("The highest probability is that of **")


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_bars_tell_the_decision_from_the_truth_by_word_and_colour(palette):
    bars = (
        ClassBar("<b>x</b>", 0.6, 1, predicted=True),
        ClassBar("y", 0.3, 2),
        ClassBar("z" * 50, 0.0, 9, true=True),
    )
    figure = top_classes(bars, palette)
    texts = [note.text for note in figure.layout.annotations]
    assert texts[0] == "&lt;b&gt;x&lt;/b&gt; · <b>predicted</b>"
    assert texts[2] == "y"
    assert texts[4].endswith("… · <b>true</b> · rank 9")
    assert list(figure.data[1].x) == [0.6, 0.3, 0.0]
    assert len(set(figure.data[1].marker.color)) == 3


@pytest.mark.parametrize(
    "cell",
    ["https://example.org/a.png", "//example.org/a.png", "file:///etc/passwd", "data:image/svg+xml;base64,PHN2Zz4=", "data:text/html;base64,PHN2Zz4=",
     "data:image/png,plain", f" {PICTURE}", f"{PICTURE}\n", f"{PICTURE}#x", "", None, 7],
)  # fmt: skip
def test_whatever_does_not_carry_its_picture_is_none(cell):
    assert not is_picture(cell)
    assert in_a_table(cell) is None


@pytest.mark.parametrize("kind", ["png", "jpeg", "gif", "webp"])
def test_four_kinds_of_pictures_are_drawn_unless_they_are_huge(kind):
    picture = f"data:image/{kind};base64,AAAA"
    assert in_a_table(picture) == picture
    assert as_text(picture) == "(picture)"
    huge = f"data:image/{kind};base64," + "A" * MOST_IN_A_TABLE
    assert is_picture(huge)
    assert in_a_table(huge) is None


def test_prefixes_need_a_column_of_numbers_for_every_label():
    source = open_source(pd.DataFrame({"p_a": [0.1], "p_b": [0.9], "q_a": [0.3], "r_a": ["x"], "r_b": ["y"]}))
    assert prefixes_of(source, ["a", "b"]) == ["p_"]
    table = by_prefix(source, ["a", "b"], ["p_", "q_"])
    assert table["p_…"].tolist() == ["p_a", "p_b"]
    assert table["q_…"].isna().tolist() == [False, True]


def test_columns_keep_the_model_they_had():
    forest, boosted = (
        Model(name="forest", y_score="f", y_pred="df"),
        Model(name="boosted", y_score="b", y_pred="db"),
    )
    chosen = {"y_score": ["f", "b"], "y_pred": ["df", "db"], "proba_prefix": []}
    named = {"forest": "f", "boosted": "b"}, {"forest": "df", "boosted": "db"}
    assert tuple(by_model(chosen, [forest, boosted], in_rows=False).values()) == (*named, None)


def test_a_column_in_the_place_of_a_decision_goes_with_it():
    chosen = {"y_score": [], "y_pred": ["old", "new"], "proba_prefix": ["p_", "q_"]}
    assert by_model(chosen, [], in_rows=False)["proba_prefix"] == {"old": "p_", "new": "q_"}


def test_models_in_rows_are_not_named_by_column():
    models = [Model(name=name, y_score="p", value=name) for name in ("old", "new")]
    assert by_model({"y_score": ["p"], "y_pred": []}, models, in_rows=True) == {
        "y_score": "p",
        "y_pred": None,
    }
