"""``faultline slices``: what it prints and refuses, and its exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.cli import main


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
    def words(self) -> str:
        """The output on one line."""
        return " ".join(self.out.split())


Run = Callable[..., Result]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.delenv("COLUMNS", raising=False)

    def call(*words: object) -> Result:
        code = main(["slices", *(str(word) for word in words)])
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Rows that two models get wrong more often on the web in one country."""
    rng = np.random.default_rng(0)
    n = 3000
    frame = pd.DataFrame(
        {
            "device": rng.choice(["app", "web"], n),
            "home country": rng.choice(["DE", "FR", "NL"], n),
            "part": rng.choice(["train", "test"], n),
            "when": pd.date_range("2026-01-01", periods=n, freq="h"),
        }
    )
    inside = (frame["device"] == "web") & (frame["home country"] == "NL")
    label = rng.integers(0, 2, n)
    for name, more in (("first", 0.3), ("second", 0.0)):
        wrong = rng.random(n) < 0.1 + more * inside
        frame[name] = np.where(label ^ wrong, rng.uniform(0.5, 1, n), rng.uniform(0, 0.499, n))
    path = tmp_path / "predictions.csv"
    frame.assign(label=label).to_csv(path, index=False)
    return path


ROLES = ("--y-true", "label", "--y-score", "first", "--slice", "device", "--slice", "home country")


def test_the_table_names_the_slice_and_how_many_were_tested(run: Run, file: Path) -> None:
    shown = run(file, *ROLES)
    assert shown.code == 0
    assert "11 slices of 2 columns tested" in shown.words
    assert "1 device web, home country NL" in shown.words
    assert "Fisher's one-sided test against all other rows" in shown.words
    assert "Share of all errors in the first slices together: 1:" in shown.words


def test_the_filter_that_is_printed_leads_to_the_rows(run: Run, file: Path) -> None:
    line = next(line for line in run(file, *ROLES).out.splitlines() if "--filter" in line)
    import shlex

    text = shlex.split(line)[-1]
    assert text == "device == 'web' and `home country` == 'NL'"
    one = run(file, *ROLES, "--format", "json").json["slices"][0]
    assert one["filter"] == text


def test_the_json_is_the_object_of_the_metrics_with_the_slices(run: Run, file: Path) -> None:
    shown = run(file, *ROLES, "--threshold", 0.4, "--format", "json").json
    for key in [
        "faultline",
        "schema",
        "task",
        "model",
        "rows_read",
        "rows_used",
        "dropped",
        "effective_n",
        "roles",
        "pos_label",
        "threshold",
        "metrics",
        "slices",
        "tested",
    ]:
        assert key in shown
    assert shown["threshold"] == 0.4
    assert shown["slices"][0]["where"] == [
        {"column": "device", "value": "web"},
        {"column": "home country", "value": "NL"},
    ]
    assert {"low", "high", "level", "method"} == set(shown["slices"][0]["interval"])


def test_columns_that_were_not_searched_stand_on_stderr_with_the_reason(run: Run, file: Path) -> None:
    shown = run(file, "--y-true", "label", "--y-score", "first", "--time", "when", "--split", "part")
    assert "label: it is the true label" in shown.err
    assert "part: it is the split" in shown.err
    assert "when: it is the time" in shown.err


def test_each_model_is_searched_and_one_can_be_named(run: Run, file: Path) -> None:
    roles = (
        "--y-true",
        "label",
        "--y-score",
        "first",
        "--y-score",
        "second",
        "--slice",
        "device",
        "--slice",
        "home country",
    )
    both = run(file, *roles, "--format", "json").json
    assert [one["model"] for one in both["models"]] == ["first", "second"]
    assert [bool(one["slices"]) for one in both["models"]] == [True, False]
    one = run(file, *roles, "--model", "second", "--format", "json").json
    assert (one["model"], one["slices"]) == ("second", [])
    assert "none is worse than the rest beyond chance" in run(file, *roles, "--model", "second").words


def test_slices_that_chance_explains_are_listed_with_all_and_marked(run: Run, file: Path) -> None:
    roles = ("--y-true", "label", "--y-score", "second", "--slice", "device", "--slice", "home country")
    shown = run(file, *roles, "--all", "--limit", 3)
    assert "none is worse than the rest beyond chance" in shown.words
    assert shown.out.count("Chance explains it") == 2


def test_rows_kept_back_judge_what_was_found(run: Run, file: Path) -> None:
    shown = run(file, *ROLES, "--split", "part", "--confirm", "split")
    assert "Kept back test (part)" in shown.words
    assert " holds" in shown.words
    half = run(file, *ROLES, "--confirm", "half", "--format", "json").json
    assert half["slices"][0]["confirmed"]["holds"] is True
    assert half["search"]["confirmed_on"] == "a random half"


def test_derived_columns_can_be_searched(run: Run, file: Path) -> None:
    shown = run(
        file,
        "--y-true",
        "label",
        "--y-score",
        "first",
        "--slice",
        "device",
        "--slice",
        "weekday(when)",
        "--format",
        "json",
    )
    assert shown.json["search"]["columns"] == ["device", "weekday(when)"]


def test_a_filter_narrows_the_rows(run: Run, file: Path) -> None:
    shown = run(file, *ROLES, "--filter", "part == 'test'", "--format", "json").json
    assert shown["search"]["rows"] == shown["rows_used"] < 3000


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--loss", "eror"), "not one of error"),
        (("--depth", "9"), "join 1 to 3"),
        (("--slice", "devise"), "Did you mean 'device'"),
        (("--loss", "amount"), "--amount"),
        (("--confirm", "split"), "split column"),
        (("--score", "best"), "not one of z"),
        (("--model", "third"), "no model 'third'"),
        (("--min-support", "-1"), "least support"),
        (("--bins", "99"), "2 to 40"),
    ],
)
def test_a_mistake_is_told_in_one_sentence_with_exit_code_two(
    run: Run, file: Path, flags: tuple[str, ...], said: str
) -> None:
    shown = run(file, "--y-true", "label", "--y-score", "first", "--slice", "device", *flags)
    assert shown.code == 2
    assert said in shown.err
    assert shown.out == ""
    assert "Traceback" not in shown.err
