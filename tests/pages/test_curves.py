from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from demo_data import demo
from tests.pages.opened import launched, opened, written

#: What x and y are called.
CURVES = {
    "roc": ("false_positive_rate", "recall"),
    "pr": ("recall", "precision"),
    "gains": ("share_of_rows_flagged", "share_of_positives_found"),
    "lift": ("share_of_rows_flagged", "lift"),
    "det": ("false_positive_rate", "false_negative_rate"),
}


@pytest.fixture(scope="module")
def fraud() -> pd.DataFrame:
    return pd.read_parquet(demo("fraud").path, columns=["is_fraud", "score", "country"])


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Two models with scores and a rule without one; the labels are markup."""
    rng = np.random.default_rng(5)
    churned = rng.random(800) < 0.3
    label = np.where(churned, "<b>churned</b>", "stayed")
    return pd.DataFrame(
        {
            "label": label,
            "forest": np.where(churned, rng.beta(4, 2, 800), rng.beta(2, 4, 800)).round(3),
            "logit": np.where(churned, rng.beta(3, 2, 800), rng.beta(2, 3, 800)).round(3),
            "rule": np.where(rng.random(800) < 0.8, label, "stayed"),
        }
    )


def saved(folder: Path, frame: pd.DataFrame) -> Path:
    path = folder / "table.csv"
    frame.to_csv(path, index=False)
    return path


def figure(at, name: str) -> dict:
    chart = next(
        c
        for c in at.get("plotly_chart")
        if c.proto.id.endswith(f"curves.{name}") or f"curves.{name}" in c.proto.id
    )
    return json.loads(chart.proto.spec)


def show(at, name: str):
    """Choose a curve and run the page."""
    at.segmented_control(key="curves.shown").set_value(name).run()
    assert not at.exception
    return at


def points(at) -> pd.DataFrame:
    """The table behind the figure: the last one of the page."""
    return at.dataframe[-1].value


def test_the_areas_are_those_of_the_filtered_rows(fraud):
    at = opened("curves", filter="country == 'DE'")
    kept = fraud[fraud["country"] == "DE"]
    assert f"ROC AUC **{roc_auc_score(kept['is_fraud'], kept['score']):.3f}**" in written(at)
    assert written(at).count("95% CI ") == 1
    area = average_precision_score(kept["is_fraud"], kept["score"])
    assert f"Average precision **{area:.3f}**" in written(show(at, "pr"))
    assert written(at).count("95% CI ") == 1


@pytest.mark.parametrize("name", CURVES)
def test_the_threshold_of_the_view_is_marked_on_every_curve(name):
    at = show(opened("curves", t="0.25"), name)
    notes = [note["text"] for note in figure(at, name)["layout"]["annotations"]]
    assert any(note.startswith("<b>score ≥ 0.250</b>") for note in notes)


@pytest.mark.parametrize("name", CURVES)
def test_each_curve_has_a_band_its_table_and_a_sentence_on_it(name):
    at = show(opened("curves"), name)
    x, y = CURVES[name]
    found = points(at)
    assert list(found.columns) == ["model", "threshold", x, y, f"{y}_low", f"{y}_high"]
    assert 2 < len(found) <= 5000
    known = found[y].notna()
    assert (found[f"{y}_low"][known] <= found[y][known]).all()
    assert (found[y][known] <= found[f"{y}_high"][known]).all()
    assert "the 95% band, from 1,000 bootstrap replicates of the rows. It is pointwise" in written(at)
    assert len([t for t in figure(at, name)["data"] if t["name"] == "band"]) == 2


def test_the_histogram_is_one_of_the_choices_with_its_own_table(fraud):
    found = points(show(opened("curves", t="0.25"), "scores"))
    assert found["positives"].sum() == fraud["is_fraud"].sum()
    assert 0.25 in set(found["score_from"])


def test_all_models_with_a_score_are_drawn_and_compared_at_the_decision(monkeypatch, tmp_path, table):
    name = launched(monkeypatch, saved(tmp_path, table), pos_label="<b>churned</b>",
                    y_score={"forest": "forest", "logit": "logit"}, y_pred={"rule": "rule"})  # fmt: skip
    at = opened("curves", data=name, model="logit", t="0.6")
    lines = [t["meta"] for t in figure(at, "roc")["data"] if t.get("mode") == "lines" and t["name"] != "band"]
    assert lines == ["forest", "logit"]
    compared, behind = at.dataframe[0].value, points(at)
    assert set(behind["model"]) == set(compared["Model"]) == {"forest", "logit"}
    flagged, churned = table["forest"] >= 0.6, table["label"] == "<b>churned</b>"
    assert compared["Recall"][0] == f"{flagged[churned].mean():.1%}"
    assert compared["False positive rate"][0] == f"{flagged[~churned].mean():.1%}"
    assert "No score, so no curve: rule." in written(at)


def test_rows_that_belong_together_are_drawn_together(monkeypatch, tmp_path, table):
    frame = table.assign(shop=np.arange(len(table)) // 8)[["label", "forest", "shop"]]
    name = launched(
        monkeypatch, saved(tmp_path, frame), pos_label="<b>churned</b>", y_score="forest", group="shop"
    )
    said = written(opened("curves", data=name))
    assert "1,000 bootstrap replicates of the groups of rows with the same shop" in said


def test_a_model_without_a_score_has_one_sentence_and_a_way_on(monkeypatch, tmp_path, table):
    name = launched(
        monkeypatch, saved(tmp_path, table[["label", "rule"]]), pos_label="<b>churned</b>", y_pred="rule"
    )
    at = opened("curves", data=name)
    assert "This model has no score" in written(at)
    assert [b.label for b in at.button if b.key == "curves.roles"] == ["Choose a score column"]
    assert len(at.get("plotly_chart")) == 0


def test_one_class_has_a_sentence_in_the_place_of_its_curve(fraud):
    at = opened("curves", filter="is_fraud == 0")
    for name, sentence in (
        ("roc", "Only one class is present"),
        ("det", "Only one class is present"),
        ("pr", "No row is positive"),
        ("gains", "No row is positive"),
        ("lift", "No row is positive"),
    ):
        assert [box.value.startswith(sentence) for box in show(at, name).info] == [True]


def test_a_decision_of_the_file_is_marked_when_no_threshold_rules(monkeypatch, tmp_path, table):
    frame = table.rename(columns={"forest": "score", "rule": "pred"})[["label", "score", "pred"]]
    name = launched(
        monkeypatch, saved(tmp_path, frame), pos_label="<b>churned</b>", y_score="score", y_pred="pred"
    )
    at = opened("curves", data=name)
    notes = [note["text"] for note in figure(at, "roc")["layout"]["annotations"]]
    assert any(note.startswith("<b>decided by pred</b>") for note in notes)


# ------------------------------------------------------------------------------------------------ many classes

ANIMALS = ("<b>cat</b>", "dog %{x}", "eel", "fox")


@pytest.fixture(scope="module")
def digits() -> pd.DataFrame:
    return pd.read_parquet(demo("digits").path)


@pytest.fixture(scope="module")
def animals() -> pd.DataFrame:
    """Weighted rows of three classes; a fourth has probabilities but no row. Labels are markup and a template."""
    rng = np.random.default_rng(9)
    truth = rng.choice(3, 400, p=[0.5, 0.3, 0.2])
    logit = rng.normal(size=(400, 4))
    logit[np.arange(400), truth] += 1.2
    p = np.exp(logit) / np.exp(logit).sum(1, keepdims=True)
    frame = pd.DataFrame({"animal": np.array(ANIMALS)[truth], "w": rng.choice([0.5, 1.0, 2.5], 400)})
    return frame.assign(**{f"p_{name}": p[:, i] for i, name in enumerate(ANIMALS)})


def weighted(monkeypatch, tmp_path, animals) -> str:
    roles = {"y_true": "animal", "weight": "w", "proba": {name: f"p_{name}" for name in ANIMALS}}
    return launched(monkeypatch, saved(tmp_path, animals), **roles)


def lines(spec: dict, *, behind: bool = False) -> dict[str, dict]:
    """The curves by class: those in front, or those behind them."""
    found = [t for t in spec["data"] if t.get("mode") == "lines" and t["name"] != "band"]
    return {t["meta"]: t for t in found if (t.get("showlegend") is False) == behind}


def table_of(at, column: str) -> pd.DataFrame:
    """The table of the page that has the column."""
    return next(t.value for t in at.dataframe if column in t.value.columns)


def test_the_five_classes_with_the_lowest_area_are_drawn_first_with_their_areas(digits):
    at = opened("curves", data="digits")
    areas = {str(d): roc_auc_score(digits["digit"] == str(d), digits[f"proba_{d}"]) for d in range(10)}
    spec = figure(at, "classes.roc")
    assert list(lines(spec)) == sorted(areas, key=areas.__getitem__)[:5]
    for label, line in lines(spec).items():
        assert line["name"] == f"{label}  AUC {areas[label]:.3f}"
    assert {t["meta"] for t in spec["data"] if t["name"] == "decision"} == set(lines(spec))
    assert not [t for t in spec["data"] if t["name"] == "band"]
    assert f"ROC AUC (one-vs-rest) **{np.mean(list(areas.values())):.3f}**" in written(at)
    assert written(at).count("95% CI ") == 1


def test_every_kind_of_curve_shows_the_chosen_classes_and_a_table_of_all():
    at = opened("curves", data="digits")
    at.multiselect(key="curves.classes.chosen").set_value(["3", "8"]).run()
    for name, (x, y) in CURVES.items():
        show(at, name)
        spec = figure(at, f"classes.{name}")
        assert set(lines(spec)) == {"3", "8"}
        assert len([t for t in spec["data"] if t["name"] == "band"]) == 4
        assert set(table_of(at, "class").columns) >= {"class", "threshold", x, y}
        assert len(table_of(at, "average_precision")) == 10


def test_all_other_classes_stand_in_grey_behind_the_chosen_ones():
    at = opened("curves", data="digits")
    chosen = set(lines(figure(at, "classes.roc")))
    at.toggle(key="curves.classes.every").set_value(True).run()
    spec = figure(at, "classes.roc")
    assert set(lines(spec)) == chosen
    grey = lines(spec, behind=True)
    assert set(grey) | chosen == {str(d) for d in range(10)}
    assert {t["line"]["width"] for t in grey.values()} == {1}
    assert set(table_of(at, "threshold")["class"]) == set(grey) | chosen


def test_a_class_keeps_its_colour_when_others_come_and_go():
    at = opened("curves", data="digits")
    before = {label: line["line"]["color"] for label, line in lines(figure(at, "classes.roc")).items()}
    first, *kept = before
    new = next(str(d) for d in range(10) if str(d) not in before)
    at.multiselect(key="curves.classes.chosen").set_value([*kept, new]).run()
    after = {label: line["line"]["color"] for label, line in lines(figure(at, "classes.roc")).items()}
    assert {label: after[label] for label in kept} == {label: before[label] for label in kept}
    assert after[new] == before[first]


def test_one_class_against_the_rest_keeps_the_kind_of_curve_and_all_classes_their_choice():
    at = opened("curves", data="digits", curve="pr")
    at.multiselect(key="curves.classes.chosen").set_value(["3", "8"]).run()
    at.selectbox(key="sidebar.class").set_value("8").run()
    assert figure(at, "pr")
    assert not at.multiselect
    at.selectbox(key="sidebar.class").set_value("").run()
    assert set(lines(figure(at, "classes.pr"))) == {"3", "8"}


def test_the_curve_of_a_link_is_shown_and_the_chosen_one_stands_in_the_link():
    at = opened("curves", curve="det")
    assert figure(at, "det")
    show(at, "gains")
    assert dict(at.query_params)["curve"] in ("gains", ["gains"])
    show(at, "roc")
    assert "curve" not in at.query_params
    assert figure(opened("curves", curve="no such curve"), "roc")


def test_weights_count_and_a_class_without_rows_has_a_sentence_instead_of_a_curve(
    monkeypatch, tmp_path, animals
):
    at = opened("curves", data=weighted(monkeypatch, tmp_path, animals))
    assert at.multiselect(key="curves.classes.chosen").value == list(ANIMALS)
    spec = figure(at, "classes.roc")
    assert set(lines(spec)) == set(ANIMALS[:3])
    assert len([t for t in spec["data"] if t["name"] == "band"]) == 6
    assert "No curve of ‘fox’: no row belongs to it." in written(at)
    assert "the 95% band, from 1,000 bootstrap replicates of the rows" in written(at)
    names = {label: line["name"] for label, line in lines(spec).items()}
    assert names["<b>cat</b>"].startswith("&lt;b&gt;cat&lt;/b&gt;  AUC")
    assert "%{" not in names["dog %{x}"]

    each = table_of(at, "average_precision").set_index("class")
    w, flagged = animals["w"], animals[[f"p_{name}" for name in ANIMALS]].to_numpy().argmax(1)
    for i, name in enumerate(ANIMALS[:3]):
        own = animals["animal"] == name
        assert each["rows"][name] == pytest.approx(w[own].sum())
        assert each["roc_auc"][name] == pytest.approx(
            roc_auc_score(own, animals[f"p_{name}"], sample_weight=w)
        )
        assert each["recall"][name] == pytest.approx(100 * w[own & (flagged == i)].sum() / w[own].sum())
        at_decision = next(t for t in spec["data"] if t["name"] == "decision" and t["meta"] == name)
        assert 100 * at_decision["y"][0] == pytest.approx(each["recall"][name])
    assert each.loc["fox", ["roc_auc", "average_precision", "recall"]].isna().all()


def test_rows_of_one_class_only_break_no_kind_of_curve(monkeypatch, tmp_path, animals):
    at = opened("curves", data=weighted(monkeypatch, tmp_path, animals), filter="animal == 'eel'")
    for name in ("roc", "det"):
        show(at, name)
        assert [box.value.endswith("No curve of ‘eel’: every row belongs to it.") for box in at.info] == [
            True
        ]
    for name in ("pr", "gains", "lift"):
        assert set(lines(figure(show(at, name), f"classes.{name}"))) == {"eel"}


def test_without_a_chosen_class_the_page_asks_for_one():
    at = opened("curves", data="digits")
    at.multiselect(key="curves.classes.chosen").set_value([]).run()
    assert [box.value for box in at.info] == ["Choose a class to see its curve."]


def test_the_histogram_of_classes_parts_right_from_wrong_rows(digits):
    right = (digits["digit"] == digits["predicted"]).sum()
    found = points(opened("curves", data="digits", curve="scores"))
    assert found["right"].sum() == right
    assert found["wrong"].sum() == len(digits) - right


def test_classes_without_probabilities_have_one_sentence_and_a_way_on(monkeypatch, tmp_path, animals):
    frame = animals[["animal"]].assign(pred=animals["animal"].sample(frac=1, random_state=0).to_numpy())
    at = opened(
        "curves",
        data=launched(monkeypatch, saved(tmp_path, frame), y_true="animal", y_pred="pred"),
        curve="pr",
    )
    assert "There are no probabilities" in written(at)
    assert [b.label for b in at.button if b.key == "curves.roles"] == ["Choose probability columns"]
    assert len(at.get("plotly_chart")) == 0
    assert len(at.segmented_control) == 0


def test_of_several_models_the_classes_of_the_current_one_are_shown_and_said(monkeypatch, tmp_path, animals):
    plain = animals.rename(columns={f"p_{name}": f"a_{name}" for name in ANIMALS})
    shuffled = plain[[f"a_{name}" for name in ANIMALS]].sample(frac=1, random_state=1).to_numpy()
    frame = plain.assign(**{f"b_{name}": shuffled[:, i] for i, name in enumerate(ANIMALS)})
    roles = {"y_true": "animal", "proba_prefix": {"a": "a_", "b": "b_"}}
    at = opened("curves", data=launched(monkeypatch, saved(tmp_path, frame), **roles), model="b")
    assert "These are the classes of b; choose another model in the sidebar." in written(at)
    area = roc_auc_score(frame["animal"] == "eel", frame["b_eel"])
    assert lines(figure(at, "classes.roc"))["eel"]["name"] == f"eel  AUC {area:.3f}"


def test_twenty_classes_of_news_are_drawn_together(monkeypatch, shared_data):
    path = shared_data("news20_multiclass.csv")
    roles = {"y_true": "y_true", "y_pred": "y_pred", "proba_prefix": "proba_"}
    at = opened("curves", data=launched(monkeypatch, path, **roles))
    at.toggle(key="curves.classes.every").set_value(True).run()
    spec = figure(at, "classes.roc")
    assert (len(lines(spec)), len(lines(spec, behind=True))) == (5, 15)
    assert len(json.dumps(spec)) < 3_000_000
