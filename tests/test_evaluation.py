"""What ``evaluate`` returns: the JSON contract, its reasons, findings and groups, several models, a new metric."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

import metrics_core as mc
from metrics_core.metrics import binary, registry
from metrics_core.metrics.registry import metrics_of
from metrics_core.metrics.spec import MetricSpec
from metrics_core.tally import Outcomes
from tests.tables import Rows, random_rows

DRAWN = random_rows(1, 200, levels=50)
FRAME = DRAWN.frame(
    sex=pd.Series(np.where(np.arange(200) % 3, "Female", "Male")).mask(np.arange(200) % 50 == 7),
    age=np.random.default_rng(1).integers(18, 80, 200),
)
WITHOUT_K = [spec.key for spec in metrics_of("binary") if not spec.takes_k]


def evaluated(
    frame: pd.DataFrame = FRAME, *, how: dict[str, Any] | None = None, **options: Any
) -> mc.Evaluation:
    return mc.evaluate(mc.read(frame, y_true="y_true", y_score="y_score", **(how or {})), **options)


def written(**options: Any) -> dict[str, Any]:
    """The object as somebody reads it who parses strict JSON."""
    text = json.dumps(evaluated(**options).to_dict(), allow_nan=False)
    parsed: dict[str, Any] = json.loads(text)
    return parsed


# ------------------------------------------------------------------------------------------------ the contract


def test_object_has_the_keys_of_the_contract() -> None:
    assert list(written()) == [
        "faultline", "schema", "task", "model", "rows_read", "rows_used", "dropped", "effective_n", "roles", "pos_label",
        "filter", "threshold", "exact", "metrics", "undefined", "confusion", "by", "findings",
    ]  # fmt: skip


def test_object_says_what_was_evaluated() -> None:
    found = written(how={"slices": ["sex"]})
    assert found["faultline"] == mc.__version__
    assert (found["schema"], found["task"], found["model"], found["exact"]) == (1, "binary", "y_score", True)
    assert found["roles"] == {
        "y_true": "y_true", "y_score": "y_score", "score_kind": "probability", "slices": ["sex"],
    }  # fmt: skip
    assert (found["pos_label"], found["filter"], found["threshold"]) == ("1", None, 0.5)


def test_metrics_stand_in_the_order_of_the_registry() -> None:
    assert list(written()["metrics"]) == WITHOUT_K


def test_k_metrics_are_written_with_each_k_that_was_asked_for() -> None:
    found = written(k=[1, 100])["metrics"]
    assert [key for key in found if "@" in key] == ["precision@1", "precision@100", "recall@1", "recall@100"]


def test_rows_are_counted_as_read_used_and_left_out() -> None:
    frame = FRAME.assign(y_score=FRAME["y_score"].mask(np.arange(200) < 4))
    found = written(frame=frame)
    assert (found["rows_read"], found["rows_used"]) == (200, 196)
    assert found["dropped"] == {"label missing": 0, "score missing": 4}
    assert sum(sum(row) for row in found["confusion"]["matrix"]) == 196


def test_matrix_has_truth_in_rows_and_prediction_in_columns() -> None:
    found = written(threshold=0.4)["confusion"]
    flagged = DRAWN.score >= 0.4
    direct = [
        [int(((DRAWN.positive == t) & (flagged == p)).sum()) for p in (False, True)] for t in (False, True)
    ]
    assert found == {"labels": ["0", "1"], "matrix": direct}


def test_undefined_metric_is_null_with_its_reason() -> None:
    found = written(frame=FRAME.assign(y_true=1), threshold=2.0)
    assert found["metrics"]["precision"] is None
    assert found["undefined"]["precision"] == "no row is predicted positive"
    assert found["undefined"]["roc_auc"] == "only one class is present"
    assert found["undefined"]["hinge_loss"] == "the scores are not margins"
    assert {key for key, value in found["metrics"].items() if value is None} == set(found["undefined"])


def test_infinite_metric_is_null_and_said_to_be_infinite() -> None:
    frame = FRAME.assign(
        y_score=FRAME["y_true"].where(np.arange(200) != 9, 1 - FRAME["y_true"]).astype(float)
    )
    found = written(frame=frame)
    assert (found["metrics"]["log_loss"], found["undefined"]["log_loss"]) == (None, "infinite")


@pytest.mark.parametrize("kind", ["margin", "score"])
def test_scores_that_are_no_probabilities_say_why_calibration_is_missing(kind: str) -> None:
    found = written(frame=FRAME.assign(y_score=6 * DRAWN.score - 3), how={"score_kind": kind})
    for key in ("brier", "log_loss", "ece", "net_benefit"):
        assert found["undefined"][key] == "the scores are not probabilities"
    assert (found["metrics"]["hinge_loss"] is not None) == (kind == "margin")


def test_weighted_table_says_its_effective_rows() -> None:
    found = written(frame=FRAME.assign(w=np.where(np.arange(200) < 100, 1.0, 3.0)), how={"weight": "w"})
    assert found["effective_n"] == pytest.approx(400**2 / 1000)
    assert found["roles"]["weight_kind"] == "sampling"
    assert written()["effective_n"] == 200


def test_numbers_are_plain_json_numbers() -> None:
    found = evaluated(by=["sex", "age"], k=[5]).to_dict()
    kinds = {type(value) for part in (found, *found["by"]) for value in part["metrics"].values()}
    assert kinds <= {float, type(None)}
    assert {type(n) for row in found["confusion"]["matrix"] for n in row} == {int}


def test_frame_has_one_row_for_each_metric_of_the_whole_and_of_each_group() -> None:
    frame = evaluated(by=["sex"]).frame()
    assert list(frame)[:6] == ["model", "column", "group", "key", "value", "undefined"]
    assert len(frame) == 4 * len(WITHOUT_K)
    assert frame["group"].unique().tolist() == ["", "Female", "Male", "(missing)"]
    assert np.isnan(frame.loc[frame["key"] == "hinge_loss", "value"]).all()


def test_evaluating_twice_gives_the_same_object() -> None:
    predictions = mc.read(FRAME, y_true="y_true", y_score="y_score")
    assert mc.evaluate(predictions, by=["age"]).to_dict() == mc.evaluate(predictions, by=["age"]).to_dict()


# ------------------------------------------------------------------------------------------------ threshold and decision


def test_files_own_decision_gives_the_matrix_and_threshold_is_null() -> None:
    frame = FRAME.assign(y_pred=(DRAWN.score > 0.6).astype(int))
    found = mc.evaluate(mc.read(frame, y_score="y_score", y_pred="y_pred")).to_dict()
    assert found["threshold"] is None
    assert found["confusion"]["matrix"][1][1] == int((DRAWN.positive & (DRAWN.score > 0.6)).sum())
    assert found["undefined"]["net_benefit"] == "the file's own decision counts, which has no threshold"


def test_explicit_threshold_rules_over_the_files_own_decision() -> None:
    frame = FRAME.assign(y_pred=0)
    found = mc.evaluate(mc.read(frame, y_score="y_score", y_pred="y_pred"), threshold=0.5).to_dict()
    assert found["threshold"] == 0.5
    assert found["metrics"]["recall"] == evaluated().metrics["recall"]


def test_decisions_alone_have_no_score_metrics() -> None:
    predictions = mc.read(FRAME[["y_true"]].assign(y_pred=DRAWN.flagged))
    found = mc.evaluate(predictions)
    assert found.metrics["accuracy"] == evaluated().metrics["accuracy"]
    assert found.undefined["roc_auc"] == "there is no score column"


BAD_CALLS: dict[str, tuple[dict[str, Any], str]] = {
    "threshold": ({"threshold": float("nan")}, "The threshold must be a finite number."),
    "k": ({"k": [0]}, "k counts rows: it must be 1 or more."),
    "by": ({"by": ["sexe"]}, "'frame' has no column 'sexe'. Did you mean 'sex'?"),
    "where": ({"where": "sex == 'x'"}, "No row that can be judged passes the filter sex == 'x'. Widen it."),
}


@pytest.mark.parametrize("argument", BAD_CALLS)
def test_argument_that_makes_no_sense_is_rejected_with_a_sentence(argument: str) -> None:
    options, sentence = BAD_CALLS[argument]
    with pytest.raises(mc.DataError) as caught:
        evaluated(**options)
    assert str(caught.value) == sentence


def test_threshold_without_a_score_is_rejected() -> None:
    predictions = mc.read(FRAME[["y_true"]].assign(y_pred=DRAWN.flagged))
    with pytest.raises(mc.DataError) as caught:
        mc.evaluate(predictions, threshold=0.5)
    assert (
        str(caught.value)
        == "A threshold needs a score, and model 'y_pred' has none. Name one with --y-score."
    )


# ------------------------------------------------------------------------------------------------ groups and filters


@pytest.mark.parametrize("column", ["sex", "age"])
def test_each_group_equals_an_evaluation_of_its_rows_alone(column: str) -> None:
    whole = evaluated(by=[column], threshold=0.45)
    for group in whole.models[0].groups:
        alone = evaluated(where=group.level.where, threshold=0.45)
        assert group.metrics.values == pytest.approx(alone.metrics, abs=1e-12, nan_ok=True)
        assert group.rows == alone.to_dict()["rows_used"]


def test_groups_name_value_or_range_and_their_rows() -> None:
    found = written(by=["sex", "age"])["by"]
    assert [g["value"] for g in found if g["column"] == "sex"] == ["Female", "Male", None]
    ages = [g for g in found if g["column"] == "age"]
    assert [g["closed"] for g in ages] == ["left"] * 4 + ["both"]
    assert sum(g["rows"] for g in ages) == sum(g["rows"] for g in found if g["column"] == "sex") == 200


def test_group_without_a_usable_row_is_left_out() -> None:
    frame = FRAME.assign(y_score=FRAME["y_score"].mask(FRAME["sex"] == "Male"))
    assert [g["value"] for g in written(frame=frame, by=["sex"])["by"]] == ["Female", None]


def test_breakdown_with_too_many_values_says_that_it_is_cut() -> None:
    frame = pd.concat([FRAME, FRAME.iloc[:50]], ignore_index=True).assign(id=[f"row {i}" for i in range(250)])
    found = written(frame=frame, by=["id"])
    assert len(found["by"]) == 200
    assert {f["id"]: f["text"] for f in found["findings"]}["by-cut"] == (
        "Column 'id' has more than 200 different values; the breakdown shows the most frequent ones, "
        "50 of 250 rows are in none of its groups."
    )


def test_filter_is_written_in_its_canonical_form_and_counts_its_rows() -> None:
    found = written(where="(age>=30) AND sex = 'Male'")
    kept = (FRAME["age"] >= 30) & (FRAME["sex"] == "Male")
    assert found["filter"] == "age >= 30 and sex == 'Male'"
    assert found["rows_read"] == int(kept.sum())


def test_rows_of_weight_zero_leave_everything_undefined() -> None:
    frame = FRAME.assign(w=(FRAME["sex"] == "Male").astype(float))
    found = written(frame=frame, how={"weight": "w"}, where="sex == 'Female'")
    assert set(found["metrics"].values()) == {None}
    assert found["undefined"]["accuracy"] == "there are no rows"


# ------------------------------------------------------------------------------------------------ models and findings


def test_several_models_are_several_objects() -> None:
    both = mc.read(FRAME.assign(b=1 - DRAWN.score), y_true="y_true", y_score={"one": "y_score", "other": "b"})
    found = mc.evaluate(both, threshold=0.5).to_dict()
    assert list(found) == ["faultline", "schema", "models"]
    assert [m["model"] for m in found["models"]] == ["one", "other"]
    assert found["models"][0]["metrics"] == evaluated(threshold=0.5).metrics
    assert found["models"][1]["metrics"]["roc_auc"] == pytest.approx(
        1 - found["models"][0]["metrics"]["roc_auc"]
    )


FINDINGS: dict[str, tuple[pd.DataFrame, str]] = {
    "W23": (FRAME.assign(y_score=1 - DRAWN.score), "below one half: positives score lower than negatives"),
    "W6": (FRAME, "different values and"),
    "W2": (FRAME.iloc[:60], "Only "),
    "W3": (FRAME[(FRAME["y_true"] == 0) | (np.arange(200) % 5 == 0)], "so accuracy ("),
}


@pytest.mark.parametrize("id", FINDINGS)
def test_adviser_says_what_to_mind(id: str) -> None:
    frame, part = FINDINGS[id]
    said = {f["id"]: f for f in written(frame=frame)["findings"]}
    assert part in said[id]["text"]
    assert said[id]["severity"] in ("note", "warning", "error")
    assert said[id]["action"].endswith(".")


def test_good_scores_of_a_balanced_table_leave_the_adviser_silent() -> None:
    drawn = random_rows(3, 600, share=0.5)
    assert mc.evaluate(mc.read(drawn.frame())).findings == ()


def test_findings_of_reading_come_before_the_advice() -> None:
    frame = FRAME.assign(y_score=FRAME["y_score"].mask(np.arange(200) < 4))
    assert written(frame=frame)["findings"][0]["id"] == "score-missing"


@pytest.mark.parametrize(
    "table",
    [Rows(np.array([True]), np.array([0.7])), random_rows(2, 40, weighted=True)],
    ids=["one row", "weighted"],
)
def test_small_tables_are_evaluated_without_a_warning_of_python(table: Rows) -> None:
    frame = table.frame()
    how = {"weight": "w"} if table.weight is not None else {}
    json.dumps(evaluated(frame, how=how, k=[3], by=["y_true"]).to_dict(), allow_nan=False)


# ------------------------------------------------------------------------------------------------ a new metric

MISSED = MetricSpec(
    key="missed_per_thousand", label="Missed per thousand", task="binary", of=Outcomes, better="lower",
    fn=lambda o: 1000 * o.fn / o.total, low=0.0, high=1000.0, interval="none", undefined_when="there are no rows",
    about="Missed positives among a thousand rows.", source="made up",
)  # fmt: skip


@pytest.fixture
def one_more_metric(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Add a row to the table of one family, and nothing else."""
    with monkeypatch.context() as patch:
        patch.setattr(binary, "METRICS", (*binary.METRICS, MISSED))
        importlib.reload(registry)
        yield
    importlib.reload(registry)


@pytest.mark.usefixtures("one_more_metric")
def test_metric_added_to_its_family_is_in_the_json_whole_and_by_group() -> None:
    found = written(threshold=0.4, by=["sex"])
    assert found["metrics"]["missed_per_thousand"] == pytest.approx(
        5 * float(found["confusion"]["matrix"][1][0])
    )
    assert all("missed_per_thousand" in group["metrics"] for group in found["by"])


@pytest.mark.usefixtures("one_more_metric")
def test_metric_added_to_its_family_is_in_the_threshold_table() -> None:
    assert "missed_per_thousand" in mc.thresholds.threshold_table(DRAWN.tally()).frame()


def test_metric_that_was_added_is_gone_again() -> None:
    assert "missed_per_thousand" not in written()["metrics"]


def test_a_model_without_a_score_keeps_its_own_decision_beside_one_that_has_a_threshold() -> None:
    predictions = mc.read(
        FRAME.assign(rule=DRAWN.flagged),
        y_score={"scored": "y_score"},
        y_pred={"by rule": "rule"},
        y_true="y_true",
    )
    scored, rule = mc.evaluate(predictions, threshold=0.3).models
    assert (scored.threshold, rule.threshold) == (0.3, None)
