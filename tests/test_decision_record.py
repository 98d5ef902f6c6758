"""The record of a decision: what is written is read back, strictly, whole, and nothing else is taken for one."""

from __future__ import annotations

import json
from math import inf, nan
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import metrics_core as mc
from app.cli import main
from metrics_core.decisions.record import SCHEMA, Decision, SliceThreshold
from metrics_core.decisions.select import select
from tests.tables import random_rows, write

MINIMAL: dict[str, Any] = {
    "schema": SCHEMA,
    "task": "binary",
    "model": "p",
    "pos_label": "1",
    "roles": {"y_true": "y", "y_score": "p"},
    "threshold": 0.5,
    "objective": {"maximize": "f1"},
    "data": {"sha256": "", "rows": 3},
    "feasible": True,
}


def decided(**asked: Any) -> Decision:
    """A decision with groups, splits, constraints and promises."""
    drawn = random_rows(0, 700)
    split, site = np.where(np.arange(700) % 2, "a", "b"), np.where(np.arange(700) % 3, "x", "é 'y'")
    predictions = mc.read(
        drawn.frame(split=split, site=site), y_true="y_true", y_score="y_score", split="split"
    )
    return select(predictions, **{"maximize": "f1", "replicates": 100} | asked)


def strict(text: str | bytes) -> Any:
    """Read JSON that knows neither NaN nor Infinity."""
    return json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))


# --------------------------------------------------------------------------------------- there and back


@pytest.mark.parametrize(
    "asked",
    [
        {"subject_to": ["precision>=0.5"], "certify": ["recall>=0.5", "precision>=0.999"]},
        {"select_on": "a", "report_on": "b", "where": "site == 'x'"},
        {"subject_to": ["precision>=0.99", "recall>=0.99"]},
        {"maximize": "lr_positive"},
        {"minimize": "cost", "maximize": None, "cost_fn": 9, "prevalence": 0.02},
        {"per": "site"},
    ],
    ids=["promised", "reported", "infeasible", "infinite", "elsewhere", "groups"],
)
def test_a_saved_record_is_read_back(asked: dict[str, Any], tmp_path: Path) -> None:
    decision = decided(**asked)
    path = tmp_path / "decision.json"
    decision.save(path)
    written = strict(path.read_bytes())
    read = Decision.load(path)
    assert read.to_dict() == written
    assert written.pop("created") != ""
    assert {k: v for k, v in decision.to_dict().items() if k != "created"} == written
    assert (read.threshold, read.thresholds) == (decision.threshold, decision.thresholds)


def test_what_is_undefined_or_infinite_is_null() -> None:
    decision = Decision.from_dict(MINIMAL | {"apparent": {"value": nan, "high": inf, "metrics": {"a": np.float64(nan)}}})  # fmt: skip
    assert decision.to_dict()["apparent"] == {"value": None, "high": None, "metrics": {"a": None}}


def test_numbers_of_numpy_are_written_as_numbers() -> None:
    decision = Decision.from_dict(
        MINIMAL | {"data": {"rows": np.int64(3), "shares": (np.float32(0.5), True)}}
    )
    assert json.dumps(decision.to_dict()["data"]) == '{"rows": 3, "shares": [0.5, true]}'


def test_findings_are_no_part_of_the_record() -> None:
    decision = decided()
    assert decision.findings
    assert "findings" not in decision.to_dict()


def test_every_digit_of_a_threshold_survives(tmp_path: Path) -> None:
    path = tmp_path / "decision.json"
    for cut in (0.1 + 0.2, 5e-324, float(np.nextafter(1, 2)), -1e300):
        Decision.from_dict(MINIMAL | {"threshold": cut}).save(path)
        assert Decision.load(path).threshold == cut


def test_the_whole_answer_of_the_command_is_a_record_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    path = write(tmp_path, random_rows(0, 200).frame().to_csv(index=False))
    out = tmp_path / "decision.json"
    main(["threshold", str(path), "--maximize", "f1", "--format", "json", "-o", str(out)])
    answer = write(tmp_path, capsys.readouterr().out, "answer.json")
    whole, alone = Decision.load(answer), Decision.load(out)
    assert whole.to_dict() == alone.to_dict() | {"created": ""}


def test_the_column_of_scores_is_that_of_the_model() -> None:
    roles = {"y_true": "y", "y_score": {"a": "p_a", "b": "p_b"}, "score_kind": "logit"}
    decision = Decision.from_dict(MINIMAL | {"model": "b", "roles": roles})
    assert (decision.y_score, decision.score_kind) == ("p_b", "logit")


def test_a_group_knows_its_rows() -> None:
    group = SliceThreshold({"column": "site", "value": "it's"}, "site == 'it''s'", 0.25)
    assert group.to_dict() == {
        "column": "site",
        "value": "it's",
        "where": "site == 'it''s'",
        "threshold": 0.25,
    }
    assert group.filter.mask(pd.DataFrame({"site": ["it's", "its", None]})).tolist() == [True, False, False]


# ---------------------------------------------------------------------------------------------- writing


def test_an_older_record_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = write(tmp_path, "old " * 10_000, "decision.json")
    Decision.from_dict(MINIMAL).save(path)
    assert Decision.load(path).threshold == 0.5
    assert [p.name for p in tmp_path.iterdir()] == ["decision.json"]


def test_a_write_that_fails_leaves_the_older_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, "old", "decision.json")
    whole = Path.write_bytes

    def full(self: Path, content: bytes) -> int:
        whole(self, content[:20])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(mc.DataError, match=r"decision\.json' cannot be written: No space left on device\."):
        Decision.from_dict(MINIMAL).save(path)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["decision.json"]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(mc.DataError, match=r"cannot be written: No such file or directory\."):
        Decision.from_dict(MINIMAL).save(tmp_path / "nowhere" / "decision.json")
    (tmp_path / "decision.json").mkdir()
    with pytest.raises(mc.DataError, match=r"cannot be written: Is a directory\."):
        Decision.from_dict(MINIMAL).save(tmp_path / "decision.json")
    assert [p.name for p in tmp_path.iterdir()] == ["decision.json"]


# ---------------------------------------------------------------------------------------------- refusals

GROUP = {"column": "g", "value": "a", "where": "g == 'a'", "threshold": 0.5}
DAMAGED: list[tuple[dict[str, Any], str]] = [
    ({"schema": 2}, "has schema 2; this version of Faultline reads schema 1. Make the decision again"),
    ({"schema": None}, "has schema None"),
    ({"task": "regression"}, "decides a task of kind 'regression'"),
    ({"task": 1}, "'task' must be a text, not 1."),
    ({"pos_label": 1}, "'pos_label' must be a text, not 1."),
    ({"roles": []}, "'roles' must be an object, not []."),
    ({"roles": {"y_true": "y"}}, "'roles' names no y_score of the model 'p'."),
    ({"roles": {"y_true": "y", "y_score": {"q": "q"}}}, "'roles' names no y_score of the model 'p'."),
    ({"roles": {"y_score": "p"}}, "'roles' must name a column as y_true, not None."),
    ({"roles": {"y_true": "y", "y_score": "p", "weight": 3}}, "'roles' must name a column as weight, not 3."),
    ({"roles": {"y_true": "y", "y_score": "p", "score_kind": "odds"}}, "there is no score kind 'odds'."),
    ({"threshold": "0.5"}, "'threshold' must be a number or null, not '0.5'."),
    ({"threshold": True}, "'threshold' must be a number or null, not True."),
    ({"threshold": inf}, "'threshold' must be a finite number, not inf."),
    ({"threshold": nan}, "'threshold' must be a finite number, not nan."),
    ({"threshold": 10**400}, "'threshold' must be a finite number, not 1000"),
    ({"threshold": None}, "says it is feasible but has no threshold."),
    ({"feasible": False}, "says it is not feasible but has a threshold."),
    ({"feasible": 1}, "'feasible' must be true or false, not 1."),
    ({"objective": "f1"}, "'objective' must be an object, not 'f1'."),
    ({"objective": {}}, "'objective' must name one metric to maximize, or one metric or the cost to minimize."),
    ({"objective": {"maximize": 1}}, "'objective' must name one metric"),
    ({"objective": {"minimize": "cost", "costs": {"fpp": 1}}}, "'costs' may hold fp, fn, gain_tp and gain_tn"),
    ({"objective": {"minimize": "cost", "costs": {"fp": [1]}}}, "'costs' may hold fp"),
    ({"objective": {"minimize": "cost", "costs": "fp"}}, "'costs' may hold fp"),
    ({"data": None}, "'data' must be an object, not None."),
    ({"constraints": "precision>=0.9"}, "'constraints' must be a list, not 'precision>=0.9'."),
    ({"constraints": [1]}, "each of 'constraints' must be a text such as 'precision>=0.9', not 1."),
    ({"certificates": {}}, "'certificates' must be a list, not {}."),
    ({"certificates": ["recall>=0.9"]}, "each of 'certificates' needs a 'promise' and whether it 'holds', not 'recall>=0.9'."),
    ({"certificates": [{"promise": "recall>=0.9", "holds": True, "confidence": 95}]}, "the 'confidence' of a certificate must be a number between 0 and 1, not 95."),
    ({"thresholds": [0.5]}, "each of 'thresholds' needs a filter 'where' and a finite 'threshold', not 0.5."),
    ({"thresholds": [GROUP | {"threshold": inf}]}, "each of 'thresholds' needs"),
    ({"thresholds": [GROUP | {"threshold": 10**400}]}, "each of 'thresholds' needs"),
    ({"thresholds": [GROUP | {"where": None}]}, "each of 'thresholds' needs"),
    ({"thresholds": [GROUP | {"where": "g =="}]}, "Filter, position 5: expected a value"),
    ({"filter": "g =="}, "Filter, position 5: expected a value"),
    ({"filter": 5}, "'filter' must be a text or null, not 5."),
    ({"prevalence": "2%"}, "'prevalence' must be a number or null, not '2%'."),
    ({"apparent": []}, "'apparent' must be an object or null, not []."),
    ({"scores": [0.1]}, "'scores' must be an object or null, not [0.1]."),
    ({"constraints": dict.fromkeys("abcdefghijklmnopqrstuvwxyz")}, "'f': None, 'g': None,...."),
    ({"selected_on": 1}, "'selected_on' must be a text or null, not 1."),
    ({"keep_promises": "yes"}, "'keep_promises' must be true or false, not 'yes'."),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "sentence"), DAMAGED, ids=[str(changed)[:60] for changed, _ in DAMAGED])
def test_a_damaged_record_is_refused_in_a_sentence(changed: dict[str, Any], sentence: str) -> None:
    with pytest.raises(mc.DataError) as refusal:
        Decision.from_dict(MINIMAL | changed, "'d.json'")
    assert sentence in str(refusal.value)


@pytest.mark.parametrize("field", [field for field in MINIMAL if field != "schema"])
def test_a_record_that_lacks_a_field_is_refused(field: str) -> None:
    with pytest.raises(mc.DataError, match=f"is no decision record: it has no '{field}'"):
        Decision.from_dict({k: v for k, v in MINIMAL.items() if k != field})


def test_a_field_that_nobody_knows_is_no_reason_to_refuse() -> None:
    assert Decision.from_dict(MINIMAL | {"note": "by hand"}).threshold == 0.5


def test_a_whole_number_is_a_threshold() -> None:
    read = Decision.from_dict(MINIMAL | {"threshold": 1})
    assert isinstance(read.threshold, float)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is no decision record: it is not JSON"),
        (b"threshold,0.5\n", "is no decision record: it is not JSON"),
        (b"\xff\xfe\x00", "is no decision record: it is not JSON"),
        (b"[" * 100_000, "is no decision record: it is not JSON"),
        (b"[]", "is no decision record: it holds a list, not an object."),
        (b'"decision"', "is no decision record: it holds a str, not an object."),
        (b"{}", "has schema None"),
        (json.dumps(MINIMAL | {"threshold": inf}).encode(), "'threshold' must be a finite number, not inf."),
    ],
)
def test_a_file_that_is_no_record_is_refused_by_name(content: bytes, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(mc.DataError) as refusal:
        Decision.load(write(tmp_path, content, "d.json"))
    assert str(refusal.value).startswith("'d.json'")
    assert sentence in str(refusal.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(mc.DataError, match=r"^'d\.json' cannot be read: No such file or directory\.$"):
        Decision.load(tmp_path / "d.json")
