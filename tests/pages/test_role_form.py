"""The form of the roles: what was guessed and why, changed and applied."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from streamlit.testing.v1 import AppTest

from demo_data import demo
from tests.pages.intake import press, select, started, three_classes
from tests.pages.opened import launched, written


def test_a_file_of_many_classes_shows_its_roles_classes_and_pictures():
    at = started(data="digits")
    assert "**predicted**: 1,797 of 1,797 rows can be judged; 10 classes, 81 predicted wrong" in written(at)
    prefix = next(m for m in at.multiselect if m.label.startswith("Class probabilities"))
    assert prefix.value == ["proba_"]
    classes, columns, preview = (frame.value for frame in at.dataframe)
    assert columns["proba_…"].tolist() == [f"proba_{i}" for i in range(10)]
    frame = pd.read_parquet(demo("digits").path)
    assert classes.set_index("Class")["Rows"].to_dict() == frame["digit"].value_counts().to_dict()
    assert preview["image"].tolist() == frame["image"].head(8).tolist()
    assert '"image"' in at.dataframe[2].proto.columns


def test_the_reason_of_each_guess_is_told(monkeypatch, tmp_path):
    at = started(data=launched(monkeypatch, three_classes(tmp_path)))
    text = written(at).replace("\\", "")
    for sentence in (
        "True label: named 'y_true', 3 different values",
        "Task: 'y_true' has 3 different labels",
        "Predicted label: named 'y_pred', 3 different values",
        "Probabilities: a column 'p_' + label for each of the 3 labels",
    ):
        assert sentence in text


def test_more_than_twenty_classes_are_counted_not_listed(monkeypatch, tmp_path):
    path = tmp_path / "many.csv"
    labels = [f"c{i:02}" for i in range(33)]
    pd.DataFrame({"y_true": labels * 2, "y_pred": labels + labels[::-1]}).to_csv(path, index=False)
    at = started(data=launched(monkeypatch, path))
    assert next(frame.value for frame in at.dataframe if "Rows" in frame.value).shape[0] == 20
    assert "and 13 more classes" in written(at)


def test_two_prefixes_are_asked_about(monkeypatch, tmp_path):
    path = three_classes(tmp_path)
    frame = pd.read_csv(path)
    for label in "abc":
        frame[f"q_{label}"] = frame[f"p_{label}"].to_numpy()[::-1]
    frame.to_csv(path, index=False)
    at = started(data=launched(monkeypatch, path))
    question = at.radio(key="question.answer.proba_prefix")
    assert question.options == ["p\\_", "q\\_"]
    question.set_value("q_")
    next(button for button in at.button if button.label == "Use this answer").click().run()
    assert not at.radio
    assert next(m for m in at.multiselect if m.label.startswith("Class prob")).value == ["q_"]


def test_whether_the_first_line_is_a_header_is_asked_and_the_answer_stays(monkeypatch, tmp_path):
    path = tmp_path / "bare.csv"
    path.write_text("1,0.25\n0,0.75\n" * 20)
    at = started(data=launched(monkeypatch, path))
    at.radio(key="question.answer.header").set_value("no")
    press(at, "Use this answer")
    select(at, "True label").set_value("column_1").run()
    next(m for m in at.multiselect if m.label.startswith("Score")).set_value(["column_2"])
    press(at, "Apply")
    assert not at.radio
    assert "**column\\_2**: 40 of 40 rows can be judged; 20 are 1" in written(at)


def test_percentages_of_classes_are_asked_about(monkeypatch, tmp_path):
    path = three_classes(tmp_path)
    frame = pd.read_csv(path)
    frame[["p_a", "p_b", "p_c"]] *= 100
    frame.to_csv(path, index=False)
    at = started(data=launched(monkeypatch, path))
    at.radio(key="question.answer.score_kind").set_value("percent")
    next(button for button in at.button if button.label == "Use this answer").click().run()
    assert "**y\\_pred**: 30 of 30 rows can be judged" in written(at)
    assert select(at, "What the probabilities are").value == "percent"


def test_a_prefix_that_leads_nowhere_is_one_sentence_and_stays_to_be_mended(monkeypatch, tmp_path):
    at = started(data=launched(monkeypatch, three_classes(tmp_path)))
    prefixes = next(m for m in at.multiselect if m.label.startswith("Class prob"))
    at.session_state[prefixes.key] = ["pp_"]
    at.run()
    select(at, "Row id").set_value("note")
    press(at, "Apply")
    assert [error.value.replace("\\", "")[:37] for error in at.error] == [
        "No column of 'three.csv' starts with "
    ]
    assert next(m for m in at.multiselect if m.label.startswith("Class prob")).value == ["pp_"]
    assert select(at, "Row id").value == "note"
    again = next(m for m in at.multiselect if m.label.startswith("Class prob"))
    at.session_state[again.key] = ["p_"]
    at.run()
    press(at, "Apply")
    assert not at.error
    assert "3 classes" in written(at)
    assert select(at, "Row id").value == "note"


def test_one_class_against_the_rest_is_a_task_of_the_form(monkeypatch, tmp_path):
    at = started(data=launched(monkeypatch, three_classes(tmp_path)))
    select(at, "Task").set_value("binary").run()
    press(at, "Apply")
    assert [error.value for error in at.error] == [
        "Choose the positive class: the one to take against the rest."
    ]
    select(at, "Positive class").set_value("b")
    press(at, "Apply")
    assert not at.error
    assert "10 are b (33.3%), 20 are not b" in written(at)
    press(at, "Apply")
    assert "10 are b (33.3%), 20 are not b" in written(at)


def test_named_models_keep_their_names_when_the_form_is_applied():
    at = started(data="tumour")
    press(at, "Apply")
    assert "**logistic**: 569 of 569 rows" in written(at)
    assert "**forest**: 569 of 569 rows" in written(at)


def test_roles_taken_away_in_the_form_stay_away():
    at = started(data="digits")
    prefixes = next(m for m in at.multiselect if m.label.startswith("Class prob"))
    prefixes.set_value([]).run()
    press(at, "Apply")
    assert not at.error
    assert next(m for m in at.multiselect if m.label.startswith("Class prob")).value == []
    press(at, "Guess again")
    assert next(m for m in at.multiselect if m.label.startswith("Class prob")).value == ["proba_"]


def test_roles_without_a_field_stay_when_the_form_is_applied():
    at = started(data="tumour")
    press(at, "Apply")
    roles = at.session_state["roles"]["tumour"]
    assert roles["fold"] == "fold"
    assert "weight_kind" not in roles  # there is no weight


# Texts, pictures and links


def orders(folder: Path) -> Path:
    path = folder / "orders.csv"
    n = 40
    frame = pd.DataFrame(
        {"y": np.arange(n) % 2, "score": np.arange(n) / n, "country": np.resize(["DE", "FR"], n)}
    )
    frame["review"] = [f"It came late and parcel {i} was broken" for i in range(n)]
    frame["page"] = [f"https://example.org/{i}" for i in range(n)]
    frame.to_csv(path, index=False)
    return path


def chosen(at: AppTest, label: str) -> list[str]:
    return next(m for m in at.multiselect if m.label == label).value


def test_texts_pictures_and_links_are_fields_with_their_guesses(monkeypatch, tmp_path):
    at = started(data=launched(monkeypatch, orders(tmp_path)))
    assert [chosen(at, label) for label in ("Texts", "Pictures", "Links")] == [["review"], [], ["page"]]
    assert chosen(at, "Columns to break numbers down by") == ["country"]
    text = written(at).replace("\\", "")
    assert "Texts: named 'review', free text" in text
    assert "Links: addresses on the web" in text


def test_a_text_taken_away_is_not_guessed_again(monkeypatch, tmp_path):
    at = started(data=launched(monkeypatch, orders(tmp_path)))
    next(m for m in at.multiselect if m.label == "Texts").set_value([])
    press(at, "Apply")
    assert chosen(at, "Texts") == []
    press(at, "Apply")
    assert chosen(at, "Texts") == []
    assert chosen(at, "Links") == ["page"]
    press(at, "Guess again")
    assert chosen(at, "Texts") == ["review"]


# Kinds of scores


def two_kinds(folder: Path) -> Path:
    path = folder / "kinds.csv"
    y, i = np.arange(60) % 2, np.arange(60)
    pd.DataFrame({"y": y, "a": (i + 1) / 100, "b": i / 5 - 6}).to_csv(path, index=False)
    return path


def test_models_of_two_kinds_of_scores_have_a_field_each(monkeypatch, tmp_path):
    roles = {"y_true": "y", "y_score": {"a": "a", "b": "b"}, "choose": {"score_kind:b": "margin"}}
    at = started(data=launched(monkeypatch, two_kinds(tmp_path), **roles))
    assert select(at, "What the scores of a are").value == "probability"
    assert select(at, "What the scores of b are").value == "margin"
    select(at, "What the scores of b are").set_value("score")
    press(at, "Apply")
    assert select(at, "What the scores of b are").value == "score"
    assert select(at, "What the scores of a are").value == "probability"


def test_the_kind_of_a_model_that_is_taken_away_goes_with_it(monkeypatch, tmp_path):
    roles = {"y_true": "y", "y_score": {"one": "a", "two": "b"}, "choose": {"score_kind:two": "margin"}}
    at = started(data=launched(monkeypatch, two_kinds(tmp_path), **roles))
    next(m for m in at.multiselect if m.label.startswith("Score")).set_value(["a"])
    press(at, "Apply")
    assert not at.error
    assert select(at, "What the scores are").value == "probability"
