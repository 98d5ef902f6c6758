"""``faultline check``: exit codes, what is printed, and how the rows are read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from app.cli import main
from metrics_core.decisions.record import Decision
from tests.recorded import MINIMAL, decision, laid_out
from tests.tables import write


@pytest.fixture
def call(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:  # fmt: skip
    """Write a record and a table, and check the one on the other."""
    monkeypatch.delenv("COLUMNS", raising=False)

    def run(record: Decision, frame: pd.DataFrame, *words: str) -> tuple[int, str, str]:
        record.save(tmp_path / "d.json")
        table = write(tmp_path, frame.to_csv(index=False))
        code = main(["check", str(tmp_path / "d.json"), str(table), *words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_a_decision_that_holds_exits_with_0(call: Callable[..., tuple[int, str, str]]) -> None:
    code, out, err = call(decision(constraints=["precision>=0.5"]), laid_out(90, 10, 20, 80))
    assert (code, err) == (0, "")
    assert out.splitlines()[:2] == ["Decision   holds on these rows", "Threshold  0.500"]
    assert "  holds    'precision>=0.5' holds: 0.9 (0.8256 to 0.9448)." in out.splitlines()


def test_a_broken_decision_exits_with_1(call: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _ = call(
        decision(constraints=["precision>=0.5"]), laid_out(10, 90, 20, 80), "--format", "json"
    )
    assert code == 1
    assert json.loads(out)["holds"] is False


def test_an_unclear_decision_exits_with_0(call: Callable[..., tuple[int, str, str]]) -> None:
    assert call(decision(constraints=["precision>=0.5"]), laid_out(4, 5, 20, 80))[0] == 0


def test_what_cannot_be_checked_exits_with_2(call: Callable[..., tuple[int, str, str]]) -> None:
    code, out, err = call(decision(), laid_out(4, 3, 2, 1).rename(columns={"p": "q"}))
    assert (code, out) == (2, "")
    assert "has no column 'p'" in err
    assert call(decision(), laid_out(4, 3, 2, 1), "--filter", "p > 0.2")[0] == 2
    assert call(decision(), laid_out(4, 3, 2, 1), "--level", "95")[0] == 2


def test_columns_may_be_called_otherwise(call: Callable[..., tuple[int, str, str]]) -> None:
    frame = laid_out(4, 3, 2, 1).rename(columns={"p": "q", "y": "truth"})
    code, out, _ = call(decision(), frame, "--y-score", "q", "--y-true", "truth", "--format", "json")
    assert (code, json.loads(out)["confusion"]["matrix"]) == (0, [[1, 3], [2, 4]])


def test_a_file_without_labels_is_checked_by_its_scores(call: Callable[..., tuple[int, str, str]]) -> None:
    for frame in (laid_out(4, 3, 2, 1).drop(columns="y"), laid_out(4, 3, 2, 1).assign(y=None)):
        code, out, err = call(decision(), frame, "--format", "json")
        assert (code, json.loads(out)["labelled"], json.loads(out)["flagged"]) == (0, False, 7)
        assert "so only the flagged share and the scores are compared." in err


def test_the_rows_count_as_the_record_says(call: Callable[..., tuple[int, str, str]]) -> None:
    roles = MINIMAL["roles"] | {"weight": "w", "weight_kind": "frequency", "amount": "a"}
    record = decision(roles=roles, objective={"minimize": "cost", "costs": {"fp": "1", "fn": "amount"}})
    out = call(record, laid_out(4, 3, 2, 1, w=2, a=5), "--format", "json")[1]
    assert json.loads(out)["confusion"]["matrix"] == [[2, 6], [4, 8]]
    text = call(record, laid_out(4, 3, 2, 1, w=2, a=5))[1]
    assert "Objective  minimize cost (fp 1, fn amount) = 26.00" in text.splitlines()


def test_weights_whose_kind_is_not_recorded_are_sampling_weights(
    call: Callable[..., tuple[int, str, str]],
) -> None:
    record = decision(roles=MINIMAL["roles"] | {"weight": "w"})
    code, out, _ = call(record, laid_out(4, 3, 2, 1, w=2.5), "--format", "json")
    assert (code, json.loads(out)["confusion"]["matrix"]) == (0, [[2.5, 7.5], [5.0, 10.0]])
