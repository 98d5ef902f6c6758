"""``faultline threshold``: what it prints, writes and refuses, and its exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import metrics_core as mc
from app.cli import main
from metrics_core.decisions.record import Decision
from tests.tables import random_rows, write

#: What the contract says stands in the answer, and in the decision in it.
ANSWER = "faultline schema task model rows_read rows_used dropped effective_n seed replicates roles pos_label threshold exact metrics undefined confusion by findings decision"
DECISION = "schema threshold thresholds objective constraints feasible ties selected_on reported_on interval apparent honest reported certificates data"


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """Stdout as strict JSON: NaN and Infinity are refused."""
        value = json.loads(self.out, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
        assert isinstance(value, dict)
        return value

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def words(self) -> str:
        """The output on one line."""
        return " ".join(self.out.split())


Run = Callable[..., Result]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.delenv("COLUMNS", raising=False)

    def call(*words: object) -> Result:
        code = main(["threshold", *(str(word) for word in words)])
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call


def table(n: int = 500) -> pd.DataFrame:
    drawn = random_rows(0, n, levels=50)
    split = np.where(np.arange(n) < n // 2, "validation", "test")
    site = np.where(np.arange(n) % 2, "north", "south")
    columns = {"y_true": drawn.positive.astype(int), "p": drawn.score, "split": split, "site": site}
    return pd.DataFrame(columns | {"amount": 1.0 + np.arange(n) % 7})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path, table().to_csv(index=False))


# --------------------------------------------------------------------------------------------------- JSON


def test_the_answer_holds_what_the_contract_says(file: Path, run: Run) -> None:
    result = run(file, "--maximize", "f1", "--certify", "recall>=0.5", "--format", "json")
    shown = result.json
    assert result.code == 0
    assert set(ANSWER.split()) <= shown.keys()
    assert set(DECISION.split()) <= shown["decision"].keys()
    assert {"promise", "confidence", "method", "threshold", "holds"} <= shown["decision"]["certificates"][
        0
    ].keys()
    assert {"sha256", "rows"} <= shown["decision"]["data"].keys()
    assert shown["decision"]["ties"] == "lowest threshold wins"
    assert {"low", "high", "level", "method"} <= shown["decision"]["interval"].keys()


def test_the_metrics_are_those_at_the_threshold_where_it_is_reported(file: Path, run: Run) -> None:
    words = ("--maximize", "f1", "--select-on", "validation", "--report-on", "test", "--format", "json")
    shown = run(file, *words).json
    frame = table()[250:]
    flags = frame["p"] >= shown["threshold"]
    assert shown["threshold"] == shown["decision"]["threshold"]
    assert shown["rows_used"] == 250
    tp, fp = int((flags & (frame["y_true"] == 1)).sum()), int((flags & (frame["y_true"] == 0)).sum())
    assert [shown["confusion"]["matrix"][1][1], shown["confusion"]["matrix"][0][1]] == [tp, fp]
    assert shown["metrics"]["precision"] == shown["decision"]["reported"]["metrics"]["precision"] == tp / (tp + fp)  # fmt: skip


def test_the_answer_without_a_feasible_threshold_is_json_too(file: Path, run: Run) -> None:
    result = run(file, "--maximize", "f1", "--subject-to", "precision>=0.999", "--subject-to", "recall>=0.9", "--format", "json")  # fmt: skip
    shown = result.json["decision"]
    assert result.code == 1
    assert (shown["threshold"], shown["feasible"], shown["apparent"]) == (None, False, None)
    assert shown["infeasible"]["blocking"] == ["precision>=0.999", "recall>=0.9"]
    assert result.json["findings"][0]["id"] == "infeasible"


def test_a_column_of_true_and_false_splits_the_rows(tmp_path: Path, run: Run) -> None:
    frame = table().assign(held_out=lambda f: f["split"] == "test").drop(columns="split")
    path = write(tmp_path, frame.to_csv(index=False))
    words = ("--split", "held_out", "--select-on", "False", "--report-on", "True", "--maximize", "f1")
    shown = run(path, *words, "--format", "json").json
    assert (shown["rows_used"], shown["decision"]["selected_on"]) == (250, "False")


def test_the_same_answer_comes_from_the_same_file(file: Path, run: Run) -> None:
    words = (file, "--maximize", "mcc", "--format", "json")
    assert run(*words).out == run(*words).out


# ------------------------------------------------------------------------------------------------ the file


def test_the_decision_is_written_as_a_record(file: Path, tmp_path: Path, run: Run) -> None:
    out = tmp_path / "decision.json"
    shown = run(file, "--maximize", "f1", "--per", "site", "-o", out, "--format", "json").json
    read = Decision.load(out)
    assert read.to_dict() | {"created": ""} == shown["decision"]
    assert read.created.endswith("+00:00")
    assert [one.level["value"] for one in read.thresholds] == ["north", "south"]


def test_a_record_is_written_of_what_is_not_feasible_too(file: Path, tmp_path: Path, run: Run) -> None:
    out = tmp_path / "decision.json"
    assert run(file, "--maximize", "f1", "--subject-to", "fpr<=0", "--subject-to", "recall>=0.9", "-o", out).code == 1  # fmt: skip
    assert Decision.load(out).threshold is None


def test_a_record_that_cannot_be_written_is_an_error(file: Path, tmp_path: Path, run: Run) -> None:
    result = run(file, "--maximize", "f1", "-o", tmp_path / "nowhere" / "d.json")
    assert (result.code, result.out) == (2, "")
    assert "cannot be written: No such file or directory." in result.err


# --------------------------------------------------------------------------------------------------- text


def test_the_text_says_what_was_decided_and_what_it_is_worth(file: Path, run: Run) -> None:
    words = (file, "--maximize", "f1", "--subject-to", "precision>=0.6", "--select-on", "validation", "--report-on", "test")  # fmt: skip
    result, shown = run(*words), run(*words, "--format", "json").json["decision"]
    cut, apparent, reported = shown["threshold"], shown["apparent"], shown["reported"]
    assert result.code == 0
    assert result.lines[:4] == [
        "Model      p",
        f"Threshold  {cut:.3f} (score >= threshold is 1)",
        "To         maximize f1, precision>=0.6",
        "Chosen on  validation",
    ]
    assert result.lines[4].startswith("May lie    ")
    assert result.lines[4].endswith(" (95% of 1,000 draws)")
    head, aim, limit = (line.split() for line in result.lines[6:9])
    assert head == ["Where", "chosen", "Honest", "On", "test"]
    assert aim == ["maximize", "f1", *(f"{of['value']:.4f}" for of in (apparent, shown["honest"], reported))]
    assert limit[0] == "precision>=0.6"
    at = result.lines.index("At this threshold, on test")
    assert result.lines[at + 1].split() == ["True", "positives", str(reported["confusion"]["tp"])]
    assert "Findings" not in result.out


def test_the_text_says_what_is_in_the_way(file: Path, run: Run) -> None:
    result = run(file, "--maximize", "f1", "--subject-to", "precision>=0.99", "--subject-to", "recall>=0.9", "--subject-to", "flagged>=1")  # fmt: skip
    assert result.code == 1
    at = result.lines.index("No threshold is feasible")
    assert result.lines[1] == "Threshold  none is feasible"
    assert [line.split()[0] for line in result.lines[at + 1 : at + 5]] == ["Constraint", "precision>=0.99", "recall>=0.9", "flagged>=1"]  # fmt: skip
    assert [line.endswith("yes") for line in result.lines[at + 2 : at + 5]] == [True, True, False]
    assert "error infeasible: There is no threshold:" in result.out


def test_the_text_gives_promises_with_their_limits(file: Path, run: Run) -> None:
    result = run(file, "--maximize", "precision", "--certify", "recall>=0.7", "--certify", "fpr<=0.001")
    certificate = run(file, "--maximize", "precision", "--certify", "recall>=0.7", "--certify", "fpr<=0.001", "--format", "json").json["decision"]["certificates"][0]  # fmt: skip
    assert f"recall>=0.7 at {certificate['threshold']:.3f}, confidence 95% (order_statistic, {certificate['n']} rows); valid for new rows exchangeable with these; void after drift." in result.words  # fmt: skip
    assert "fpr<=0.001: cannot be certified: needs at least " in result.words
    assert "warning not-promised: 'recall>=0.7' is promised of the cut" in result.words


def test_the_text_lists_groups_with_thresholds_of_their_own(file: Path, run: Run) -> None:
    result = run(file, "--maximize", "f1", "--per", "site")
    at = result.lines.index("Groups with a threshold of their own")
    assert [line.split()[:3] for line in result.lines[at + 1 : at + 3]] == [["site", "==", f"'{s}'"] for s in ("north", "south")]  # fmt: skip
    assert "At these thresholds, on the rows it was chosen on" in result.lines


def test_the_text_shows_prices_and_what_they_come_to(file: Path, run: Run) -> None:
    words = (file, "--minimize", "cost", "--amount", "amount", "--cost-fp", "2000", "--gain-tp", "0.5*amount")
    result, shown = run(*words), run(*words, "--format", "json").json["decision"]
    assert "To         minimize cost (fp 2000, fn amount, gain_tp 0.5*amount)" in result.lines
    assert f" {shown['apparent']['value']:,.2f} " in f"{result.words} "


def test_the_text_shows_another_prevalence(file: Path, run: Run) -> None:
    result = run(file, "--maximize", "f1", "--prevalence", "0.02")
    assert "Prevalence  2.0% where it will run" in result.lines
    assert "Precision (at 2.0% prevalence " in result.out


def test_what_is_undefined_or_infinite_has_a_word_in_the_text(tmp_path: Path, run: Run) -> None:
    frame = table().assign(y_true=lambda f: np.where(f["split"] == "test", 0, f["y_true"]))
    path = write(tmp_path, frame.to_csv(index=False))
    result = run(path, "--maximize", "recall", "--subject-to", "recall>=0.1", "--select-on", "validation", "--report-on", "test")  # fmt: skip
    assert result.lines[7].split()[-1] == result.lines[8].split()[-1] == "n/a"
    endless = run(path, "--maximize", "lr_positive", "--filter", "split == 'validation'")
    assert endless.lines[7].split()[:3] == ["maximize", "lr_positive", "infinite"]


def test_text_from_the_file_cannot_steer_the_terminal(tmp_path: Path, run: Run) -> None:
    frame = table().assign(site=lambda f: np.where(f["site"] == "north", "\x1b[31mred", "blue"))
    out = run(write(tmp_path, frame.to_csv(index=False)), "--maximize", "f1", "--per", "site").out
    assert "\x1b" not in out
    assert r"site == '\x1b[31mred'" in out


def test_guesses_are_told_on_stderr(file: Path, run: Run) -> None:
    assert run(file, "--maximize", "f1").err.startswith("Guessed from names and values in predictions.csv:\n")
    assert run(file, "--maximize", "f1", "--y-true", "y_true", "--y-score", "p").err == ""


# ---------------------------------------------------------------------------------- questions and refusals


def test_rows_without_an_amount_are_a_question(tmp_path: Path, run: Run) -> None:
    frame = table().assign(amount=lambda f: f["amount"].where(f.index != 4))
    path = write(tmp_path, frame.to_csv(index=False))
    words = (path, "--minimize", "cost", "--amount", "amount", "--y-true", "y_true", "--y-score", "p")
    asked = run(*words)
    assert (asked.code, asked.out) == (2, "")
    assert [line.strip() for line in asked.err.splitlines()[1:]] == [
        "Answer with one of:",
        "--choose amount_missing=drop  leave these rows out",
        "--choose amount_missing=zero  their amount is 0",
    ]
    dropped, zero = (run(*words, "--choose", f"amount_missing={answer}", "--format", "json").json["rows_used"] for answer in ("drop", "zero"))  # fmt: skip
    assert (dropped, zero) == (499, 500)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("FILE", "Say what to aim for: --maximize METRIC, or --minimize cost. See faultline threshold --help."),
        ("FILE --maximize f1 --minimize cost", "Say what to aim for"),
        ("--maximize f1", "This takes FILE or --model NAME=FILE; none is given."),
        ("FILE --maximize roc_auc", "ROC AUC looks at all thresholds at once"),
        ("FILE --maximise f1", "There is no flag --maximise. Did you mean --maximize"),
        ("FILE --maximize f1 --subject-to precision", "'precision' is no constraint."),
        ("FILE --maximize f1 --capacity 5%/month", "'5%/month' is no capacity."),
        ("FILE --maximize f1 --prevalence 2", "A share of positives is more than 0 and less than 1"),
        ("FILE --maximize f1 --prevalence 2%", "--prevalence: '2%' is not a number such as 0.5."),
        ("FILE --maximize f1 --confidence 95", "--confidence: '95' is not between 0 and 1"),
        ("FILE --maximize f1 --keep-promises", "--keep-promises needs a --certify."),
        ("FILE --maximize f1 --report-on test", "--report-on needs --select-on."),
        ("FILE --maximize f1 --select-on tset", "has no rows called 'tset'. Did you mean 'test'?"),
        ("FILE --maximize f1 --filter p>2", "No row that can be judged passes the filter p > 2."),
        ("FILE --maximize f1 -o=", "--output"),
    ],
)  # fmt: skip
def test_a_slip_is_refused_in_one_message(words: str, sentence: str, file: Path, run: Run) -> None:
    result = run(*(file if word == "FILE" else word for word in words.split()))
    assert (result.code, result.out) == (2, "")
    assert sentence in result.err
    assert result.err.startswith("faultline threshold: ")
    assert "Traceback" not in result.err


# ------------------------------------------------------------------------------------- from end to end


def test_a_decision_is_made_checked_and_run(file: Path, tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    record, out = tmp_path / "decision.json", tmp_path / "flagged.csv"
    assert (
        run(file, "--maximize", "f1", "--per", "site", "--subject-to", "precision>=0.5", "-o", record).code
        == 0
    )
    assert main(["check", str(record), str(file), "--format", "json"]) == 0
    checked = json.loads(capsys.readouterr().out)
    assert main(["apply", str(record), str(file), "-o", str(out), "--format", "json"]) == 0
    applied = json.loads(capsys.readouterr().out)
    apparent = mc.thresholds.Decision.load(record).apparent
    assert apparent is not None
    flagged = apparent["confusion"]["tp"] + apparent["confusion"]["fp"]
    assert checked["flagged"] == applied["flagged"] == flagged == pd.read_csv(out)["flagged"].sum()
    assert checked["metrics"] == apparent["metrics"]
    assert checked["drift"] == {"index": 0.0, "verdict": "stable", "rows": 500}
