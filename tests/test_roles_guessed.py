"""Files that are not ours: which column gets which role, why, and where somebody is asked instead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest

import metrics_core as mc
from metrics_core.assignment import assign, left_aside
from metrics_core.errors import DataError, NeedsChoice
from metrics_core.roles import Named, Roles
from metrics_core.source import open_source

N = 240
RNG = np.random.default_rng(7)
TRUE = RNG.random(N) < 0.4
P = np.round(0.25 * TRUE + 0.75 * RNG.beta(2, 3, N), 4)
OTHER_P = np.round(0.2 * TRUE + 0.8 * RNG.beta(2, 3, N), 4)
FLAG = P >= 0.5
OTHER_FLAG = OTHER_P >= 0.5
MANY = RNG.integers(0, 3, N)
GUESSED = np.where(RNG.random(N) < 0.8, MANY, RNG.integers(0, 3, N))
NOISE = RNG.normal(size=N)
COIN = RNG.integers(0, 2, N)
ROW = np.arange(N)
KINDS = np.array(["setosa", "versicolor", "virginica"])
P3 = np.round(0.6 * np.eye(3)[GUESSED] + 0.4 * RNG.dirichlet(np.ones(3), N), 6)
DAY = pd.Timestamp("2026-01-01") + pd.to_timedelta(ROW, unit="h")
EURO = np.round(RNG.gamma(2, 40, N), 2)


def words(no: str, yes: str, positive: Any = TRUE) -> Any:
    return np.where(positive, yes, no)


def roles_of(
    columns: dict[str, Any], named: Named | None = None, **answers: str
) -> tuple[Roles, dict[str, str]]:
    return assign(open_source(pd.DataFrame(columns)), named or Named(), answers)


def asked(columns: dict[str, Any], **answers: str) -> tuple[str, list[str]]:
    with pytest.raises(NeedsChoice) as caught:
        roles_of(columns, **answers)
    return caught.value.id, [o.value for o in caught.value.options]


@dataclass
class Case:
    """Columns, and the columns that the roles get; ``proba`` is the number of columns of classes."""

    columns: dict[str, Any]
    y_true: str
    y_score: str | None = None
    y_pred: str | None = None
    task: str = "binary"
    proba: int = 0
    others: dict[str, str] = field(default_factory=dict)


INT, INT_FLAG = TRUE.astype(int), FLAG.astype(int)

FILES: dict[str, Case] = {
    # languages
    "English": Case({"Customer ID": ROW, "Actual": words("No", "Yes"), "Predicted": words("No", "Yes", FLAG), "Predicted Probability": P}, "Actual", "Predicted Probability", "Predicted", others={"id": "Customer ID"}),
    "German": Case({"Kennung": ROW, "Wahrheit": INT, "Wahrscheinlichkeit": P, "Vorhersage": INT_FLAG, "Betrag": EURO, "Datum": DAY}, "Wahrheit", "Wahrscheinlichkeit", "Vorhersage", others={"id": "Kennung", "amount": "Betrag", "time": "Datum"}),
    "German, other words": Case({"zielvariable": INT, "punktzahl": P, "prognose": INT_FLAG}, "zielvariable", "punktzahl", "prognose"),
    "German classes": Case({"Klasse": KINDS[MANY], "Vorhergesagte Klasse": KINDS[GUESSED]}, "Klasse", None, "Vorhergesagte Klasse", "multiclass"),
    "French, accents": Case({"identifiant": ROW, "Vérité": INT, "Probabilité": P, "Prédiction": INT_FLAG, "Montant": EURO}, "Vérité", "Probabilité", "Prédiction", others={"id": "identifiant", "amount": "Montant"}),
    "French classes": Case({"étiquette": KINDS[MANY], "étiquette_prédite": KINDS[GUESSED]}, "étiquette", None, "étiquette_prédite", "multiclass"),
    "Spanish": Case({"objetivo": INT, "probabilidad": P, "predicción": INT_FLAG, "importe": EURO, "fecha": DAY}, "objetivo", "probabilidad", "predicción", others={"amount": "importe", "time": "fecha"}),
    "Spanish classes": Case({"clase_real": KINDS[MANY], "clase_predicha": KINDS[GUESSED]}, "clase_real", None, "clase_predicha", "multiclass"),
    "Italian": Case({"etichetta": INT, "punteggio": P, "previsione": INT_FLAG, "data": DAY}, "etichetta", "punteggio", "previsione", others={"time": "data"}),
    "Portuguese": Case({"rótulo": INT, "pontuação": P, "previsão": INT_FLAG}, "rótulo", "pontuação", "previsão"),
    "Dutch": Case({"werkelijke klasse": INT, "kans": P, "voorspelling": INT_FLAG, "bedrag": EURO}, "werkelijke klasse", "kans", "voorspelling", others={"amount": "bedrag"}),
    # ways to write a name
    "camel case": Case({"yTrue": INT, "yScore": P, "predictedLabel": INT_FLAG}, "yTrue", "yScore", "predictedLabel"),
    "kebab case": Case({"true-label": INT, "pred-proba": P}, "true-label", "pred-proba"),
    "dots": Case({"truth": INT, "xgb.prob": P}, "truth", "xgb.prob"),
    "blanks and a version": Case({"target": INT, "score (v2)": P}, "target", "score (v2)"),
    "prefixes": Case({"target": INT, "model_a_score": P, "pred_rf": INT_FLAG}, "target", "model_a_score", "pred_rf"),
    "SQL": Case({"ROW_ID": ROW, "LABEL_ID": INT, "SCORE": P}, "LABEL_ID", "SCORE", others={"id": "ROW_ID"}),
    # libraries
    "scikit-learn": Case({"y_test": INT, "y_pred": INT_FLAG, "proba_0": 1 - P, "proba_1": P}, "y_test", "proba_1", "y_pred"),
    "scikit-learn, words": Case({"churned": words("no", "yes"), "prob_no": 1 - P, "prob_yes": P}, "churned", "prob_yes"),
    "scikit-learn, words and numbers": Case({"churned": words("no", "yes"), "proba_0": 1 - P, "proba_1": P}, "churned", "proba_1"),
    "labels -1 and 1": Case({"target": 2 * INT - 1, "proba_-1": 1 - P, "proba_1": P}, "target", "proba_1"),
    "H2O": Case({"default": INT, "predict": INT_FLAG, "p0": 1 - P, "p1": P}, "default", "p1", "predict"),
    "H2O, columns called like labels": Case({"converted": words("No", "Yes"), "predict": words("No", "Yes", FLAG), "No": 1 - P, "Yes": P}, "converted", "Yes", "predict"),
    "H2O, many classes": Case({"class": KINDS[MANY], "predict": KINDS[GUESSED], **{k: P3[:, i] for i, k in enumerate(KINDS)}}, "class", None, "predict", "multiclass", 3),
    "AutoGluon": Case({"label": INT, "0": 1 - P, "1": P}, "label", "1"),
    "Spark": Case({"label": INT.astype(float), "rawPrediction": [f"[{a},{-a}]" for a in P], "probability": [f"[{1 - a},{a}]" for a in P], "prediction": INT_FLAG.astype(float)}, "label", None, "prediction"),
    "Hugging Face": Case({"text": [f"text {i}" for i in ROW], "label": KINDS[MANY], "prediction": KINDS[GUESSED], "score": P3.max(axis=1)}, "label", None, "prediction", "multiclass"),
    "Hugging Face, confidence": Case({"label": INT, "prediction": INT_FLAG, "score": np.round(np.where(FLAG, P, 1 - P), 4)}, "label", None, "prediction"),
    "Kaggle": Case({"PassengerId": ROW + 1, "Pclass": MANY, "Survived": INT, "prediction": INT_FLAG}, "Survived", None, "prediction", others={"id": "PassengerId"}),
    "percentages as text": Case({"target": INT, "probability": [f"{100 * p:.1f} %" for p in P]}, "target", "probability"),
    "a frame's index": Case({"Unnamed: 0": ROW, "y_true": INT, "y_score": P}, "y_true", "y_score", others={"id": "Unnamed: 0"}),
    "models in rows": Case({"model": np.repeat(["a", "b"], N // 2), "y_true": np.tile(INT[: N // 2], 2), "y_score": P}, "y_true", "y_score", others={"model_column": "model"}),
    # columns that look like a role and are none
    "feature called score": Case({"score": RNG.integers(300, 850, N), "probability": P, "target": INT}, "target", "probability"),
    "credit score": Case({"credit_score": RNG.random(N), "model_score": P, "target": INT}, "target", "model_score"),
    "target encoded": Case({"target_encoded": NOISE, "target": INT, "score": P}, "target", "score"),
    "label encoded": Case({"label_encoded": MANY, "label": INT, "score": P}, "label", "score"),
    "label and its name": Case({"label": INT, "label_name": words("honest", "fraud"), "prediction": INT_FLAG}, "label", None, "prediction"),
    "prediction id": Case({"prediction_id": ROW, "y_true": INT, "prediction": INT_FLAG}, "y_true", None, "prediction", others={"id": "prediction_id"}),
    "true positive rate": Case({"true_positive_rate": RNG.random(N), "outcome": INT, "score": P}, "outcome", "score"),
    "class of a cabin, decision": Case({"class": KINDS[MANY], "Survived": INT, "prediction": INT_FLAG}, "Survived", None, "prediction"),
    "class of a cabin, score": Case({"class": KINDS[MANY], "Survived": INT, "score": P}, "Survived", "score"),
    "coordinates": Case({"x": RNG.integers(0, 9, N), "y": RNG.integers(0, 9, N), "label": INT, "score": P}, "label", "score"),
    "index": Case({"index": ROW, "label": INT, "score": P}, "label", "score", others={"id": "index"}),
    "constant label": Case({"label": np.ones(N, int), "churned": INT, "score": P}, "churned", "score"),
    "statement beside an event": Case({"is_weekend": COIN, "is_fraud": INT, "score": P}, "is_fraud", "score"),
    "two statements, one predicted": Case({"is_weekend": COIN, "is_late_payer": INT, "score": P}, "is_late_payer", "score"),
    "decision without a telling name": Case({"a": INT, "b": INT_FLAG, "score": P}, "a", "score"),
    "no telling name at all": Case({"a": INT, "b": P}, "a", "b"),
    "two decisions, one of the score": Case({"y": INT, "score": P, "pred_new": INT_FLAG, "pred_old": OTHER_FLAG.astype(int)}, "y", "score", "pred_new"),
    "cars by model": Case({"model": np.array(["Golf", "Polo", "Up"])[RNG.choice(3, N, p=[0.7, 0.2, 0.1])], "sold_target": INT, "score": P}, "sold_target", "score"),
    "other gold": Case({"gold": KINDS[MANY], "label": KINDS[MANY], "prediction": KINDS[GUESSED]}, "gold", None, "prediction", "multiclass"),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_roles_of_a_foreign_file_are_found(name: str) -> None:
    case = FILES[name]
    roles, _ = roles_of(case.columns)
    model = roles.models[0]
    assert (roles.y_true, model.y_score, model.y_pred) == (case.y_true, case.y_score, case.y_pred)
    assert (roles.task, len(model.proba)) == (case.task, case.proba)
    plain = ("id", "group", "split", "fold", "time", "amount", "weight", "model_column")
    assert {role: getattr(roles, role) for role in plain if getattr(roles, role)} == case.others


@pytest.mark.parametrize("name", FILES)
def test_every_guess_of_a_foreign_file_says_why(name: str) -> None:
    roles, reasons = roles_of(FILES[name].columns)
    model = roles.models[0]
    guessed = {"y_true", "task", *(r for r in ("y_score", "y_pred") if getattr(model, r))}
    guessed |= {r for r in ("id", "time", "amount", "model_column") if getattr(roles, r)}
    assert set(reasons) == guessed | ({"proba_prefix"} if model.proba else set())
    assert all(reasons.values())


QUESTIONS: dict[str, tuple[dict[str, Any], str, list[str]]] = {
    "two models": ({"y": INT, "score_lr": P, "score_rf": OTHER_P}, "y_score", ["score_lr", "score_rf", "*"]),
    "two models of both classes": ({"y": INT, "lr_0": 1 - P, "lr_1": P, "rf_prob_0": 1 - P, "rf_prob_1": P, "svm_prob_0": 1 - P, "svm_prob_1": P}, "y_score", ["rf_prob_1", "svm_prob_1", "*"]),
    "numbered models": ({"y": INT, "score_0": P, "score_1": OTHER_P, "score_2": P}, "y_score", ["score_0", "score_1", "score_2", "*"]),
    "two decisions": ({"y": INT, "pred_lr": INT_FLAG, "pred_rf": OTHER_FLAG}, "y_pred", ["pred_lr", "pred_rf", "*"]),
    "two scores without a pattern": ({"y": INT, "y_score": P, "probability": OTHER_P}, "y_score", ["y_score", "probability"]),
    "two truths": ({"label": INT, "target": OTHER_FLAG, "score": P}, "y_true", ["label", "target"]),
    "two flags": ({"a": INT, "b": OTHER_FLAG.astype(int), "score": P}, "y_true", ["a", "b"]),
    "labels nobody knows": ({"kind": COIN, "target": words("honest", "fraud"), "prob_fraud": P, "prob_honest": 1 - P}, "pos_label", ["fraud", "honest"]),
    "numbers for words": ({"target": words("honest", "fraud"), "proba_0": P, "proba_1": 1 - P}, "y_score", ["proba_0", "proba_1"]),
    "two prefixes": ({"y": KINDS[MANY], **{f"{m}_proba_{k}": P3[:, i] for m in ("lr", "rf") for i, k in enumerate(KINDS)}}, "proba_prefix", ["lr_proba_", "rf_proba_", "*"]),
    "decision called like nothing": ({"gold": KINDS[MANY], "annotator": KINDS[GUESSED]}, "y_pred", ["annotator"]),
}  # fmt: skip


@pytest.mark.parametrize("name", QUESTIONS)
def test_what_cannot_be_defended_is_asked(name: str) -> None:
    columns, id, options = QUESTIONS[name]
    assert asked(columns) == (id, options)


# ------------------------------------------------------------------------------------------------ two classes, two columns

FRAUD = {"target": words("honest", "fraud"), "prob_honest": 1 - P, "prob_fraud": P}


@pytest.mark.parametrize("label", ["fraud", "honest"])
def test_score_follows_the_answer_which_label_is_positive(label: str) -> None:
    roles, reasons = roles_of(FRAUD, pos_label=label)
    assert roles.models[0].y_score == f"prob_{label}"
    assert f"the probability of '{label}'" in reasons["y_score"]


def test_score_is_that_of_the_usual_negative_label_when_that_is_the_positive_one() -> None:
    roles, _ = roles_of({"y": words("no", "yes"), "prob_no": 1 - P, "prob_yes": P}, pos_label="no")
    assert roles.models[0].y_score == "prob_no"


def test_probability_of_the_other_label_is_no_score() -> None:
    with pytest.raises(DataError, match="'proba_0' of 'frame' is by its name the probability of '0', which is not the positive label"):  # fmt: skip
        roles_of({"y": INT, "proba_0": 1 - P})


def test_columns_that_do_not_add_up_are_no_pair() -> None:
    assert asked({"y": INT, "score_0": OTHER_P, "score_1": P})[0] == "y_score"


# ------------------------------------------------------------------------------------------------ all of them

WIDE = {"y": INT, "score_lr": P, "score_rf": OTHER_P}


def test_all_scores_of_one_pattern_are_models_called_by_what_differs() -> None:
    predictions = mc.read(pd.DataFrame(WIDE), choose={"y_score": "*"})
    assert {m.name: m.y_score for m in predictions.roles.models} == {"lr": "score_lr", "rf": "score_rf"}


def test_all_scores_take_the_decisions_of_the_same_models_along() -> None:
    wide = {**WIDE, "pred_lr": INT_FLAG, "pred_rf": OTHER_FLAG.astype(int)}
    roles, _ = roles_of(wide, Named(y_score={"*": "*"}))
    assert {m.name: (m.y_score, m.y_pred) for m in roles.models} == {"lr": ("score_lr", "pred_lr"), "rf": ("score_rf", "pred_rf")}  # fmt: skip


def test_decisions_of_some_models_only_are_left_alone() -> None:
    roles, _ = roles_of({**WIDE, "pred_lr": INT_FLAG}, Named(y_score={"*": "*"}))
    assert [m.y_pred for m in roles.models] == [None, None]


def test_all_scores_of_both_classes_are_those_of_the_positive_label() -> None:
    columns = {"y": INT, "lr_prob_0": 1 - P, "lr_prob_1": P, "rf_prob_0": 1 - OTHER_P, "rf_prob_1": OTHER_P}
    roles, _ = roles_of(columns, Named(y_score={"*": "*"}))
    assert {m.name: m.y_score for m in roles.models} == {"lr": "lr_prob_1", "rf": "rf_prob_1"}


def test_all_decisions_of_one_pattern_are_models() -> None:
    wide = pd.DataFrame({"y": KINDS[MANY], "pred_a": KINDS[GUESSED], "pred_b": KINDS[GUESSED[::-1]]})
    assert [m.name for m in mc.read(wide, choose={"y_pred": "*"}).roles.models] == ["a", "b"]


def test_all_prefixes_are_models() -> None:
    roles, _ = roles_of(QUESTIONS["two prefixes"][0], Named(proba_prefix={"*": "*"}))
    assert {m.name: dict(m.proba)["setosa"] for m in roles.models} == {
        "lr": "lr_proba_setosa",
        "rf": "rf_proba_setosa",
    }


def test_one_of_several_scores_can_still_be_chosen() -> None:
    assert mc.read(pd.DataFrame(WIDE), choose={"y_score": "score_rf"}).model().y_score == "score_rf"


# ------------------------------------------------------------------------------------------------ reasons


@pytest.mark.parametrize(
    ("name", "role", "reason"),
    [
        ("German", "y_true", "named 'Wahrheit', 2 different values"),
        ("H2O", "y_score", "named 'p1', the probability of '1', numbers from "),
        ("French classes", "y_pred", "named 'étiquette_prédite', 3 different values, equal to 'étiquette' in "),
        ("class of a cabin, decision", "y_true", "named 'Survived', 2 different values, with the labels of 'prediction'"),
        ("class of a cabin, score", "y_true", "named 'Survived', 2 different values"),
        ("two statements, one predicted", "y_true", "named 'is_late_payer', 2 different values, the one that 'score' goes with"),
        ("no telling name at all", "y_true", "the only fitting column of two usual labels (0, 1)"),
        ("no telling name at all", "y_score", "the only column of fractions, numbers from "),
        ("index", "id", "named 'index', different in each row"),
        ("H2O, many classes", "proba_prefix", "a column called like each of the 3 labels, fractions"),
    ],
)  # fmt: skip
def test_reason_names_what_decided(name: str, role: str, reason: str) -> None:
    assert roles_of(FILES[name].columns)[1][role].startswith(reason)


def test_agreement_in_the_reason_is_counted_over_all_rows() -> None:
    n = 30_000
    truth = np.arange(n) % 2
    wrong = (np.arange(n) == 17_001).astype(int)
    _, reasons = roles_of({"y_true": truth, "y_pred": np.abs(truth - wrong), "s": np.arange(n)})
    assert reasons["y_pred"].endswith("equal to 'y_true' in 100.0 % of the rows")
    _, reasons = roles_of({"y_true": truth[:200], "y_pred": np.abs(truth - wrong)[16_900:17_100]})
    assert reasons["y_pred"].endswith("equal to 'y_true' in 99.5 % of the rows")


# ------------------------------------------------------------------------------------------------ samples


def test_a_rare_third_value_outside_the_sample_is_seen() -> None:
    """What decides is counted over all rows; the sample only rules columns out."""
    n = 20_000
    truth = np.arange(n) % 2
    third = truth.copy()
    third[[4_001, 13_003]] = 2
    roles, _ = roles_of({"a": third, "b": truth, "score": np.random.default_rng(3).random(n)})
    assert roles.y_true == "b"


def test_an_id_that_repeats_once_is_no_id() -> None:
    ids = np.arange(20_000)
    ids[12_345] = 5
    roles, _ = roles_of(
        {"customer_id": ids, "label": ids % 2, "score": np.random.default_rng(3).random(ids.size)}
    )
    assert roles.id is None


def test_files_on_disk_give_the_same_guess(tmp_path: Any) -> None:
    for name, case in list(FILES.items())[:5]:
        frame = pd.DataFrame(case.columns)
        frame.to_parquet(tmp_path / "t.parquet", row_group_size=50)
        on_disk = assign(open_source(tmp_path / "t.parquet"), Named(), {})
        assert on_disk == roles_of(case.columns), name


# ------------------------------------------------------------------------------------------------ left aside


def noticed(columns: dict[str, Any], named: Named | None = None) -> dict[str, str]:
    source = open_source(pd.DataFrame(columns))
    return {f.id: f.text for f in left_aside(source, assign(source, named or Named(), {})[0])}


@pytest.mark.parametrize("name", ["w", "sample_weight", "Gewicht", "poids", "peso"])
def test_a_column_called_weight_is_not_used_but_mentioned(name: str) -> None:
    columns = {"y": INT, "score": P, name: EURO}
    assert roles_of(columns)[0].weight is None
    assert noticed(columns) == {
        "weight-not-used": f"Column {name!r} looks like a weight; every row counts once."
    }


def test_a_named_weight_is_not_mentioned() -> None:
    assert noticed({"y": INT, "score": P, "w": EURO}, Named(others={"weight": "w"})) == {}


def test_a_column_of_models_that_stand_for_other_rows_is_mentioned() -> None:
    assert list(noticed(FILES["cars by model"].columns)) == ["models-not-told-apart"]


def test_a_confidence_in_the_decision_is_not_used_as_a_score_but_mentioned() -> None:
    text = noticed(FILES["Hugging Face, confidence"].columns)["confidence-not-used"]
    assert text.startswith("Column 'score' is never below 0.5, whatever was decided")


def test_lists_of_probabilities_are_mentioned() -> None:
    assert list(noticed(FILES["Spark"].columns)) == ["lists-not-used"]


# ------------------------------------------------------------------------------------------------ nothing to take

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "measured": ({"y_true": NOISE, "y_pred": "red"}, "'y_true' has 240 different values, which look like measurements"),
    "measured beside a flag": ({"y_true": NOISE, "is_weekend": COIN, "score": P}, "'y_true' has 240 different values, which look like measurements"),
    "coordinates alone": ({"x": RNG.integers(0, 9, N), "y": RNG.integers(0, 9, N), "score": P}, "looks like it holds the true labels"),
    "truth alone": ({"y_true": INT, "colour": "red"}, "looks like a score or a predicted label"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_no_column_is_taken_for_want_of_a_better_one(name: str) -> None:
    columns, sentence = REFUSED[name]
    with pytest.raises(DataError, match=sentence) as caught:
        roles_of(columns)
    assert not isinstance(caught.value, NeedsChoice)


@pytest.mark.parametrize("shuffle", [lambda names: names[::-1], sorted], ids=["reversed", "sorted"])
@pytest.mark.parametrize("name", FILES)
def test_order_of_the_columns_does_not_matter(name: str, shuffle: Callable[[list[str]], list[str]]) -> None:
    case = FILES[name]
    turned = {c: case.columns[c] for c in shuffle(list(case.columns))}
    a, b = roles_of(case.columns)[0], roles_of(turned)[0]
    assert (a.y_true, a.models[0].y_score, a.models[0].y_pred, a.id) == (b.y_true, b.models[0].y_score, b.models[0].y_pred, b.id)  # fmt: skip
