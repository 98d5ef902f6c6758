"""The ``faultline`` command: what it prints, what it refuses, and that its help is made from the tables."""

from __future__ import annotations

import doctest
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

import metrics_core as mc
from app import arguments, launch, printing
from app.cli import main
from app.commands import COMMANDS, command_parser
from tests.commanded import SEVEN, Result, runner, written

#: What the contract says both commands take, of what exists.
ROLES = "task y-true y-pred y-score pos-label score-kind id weight weight-kind group split fold time amount slice choose filter"
run = pytest.fixture(runner)


@pytest.fixture
def seven(tmp_path: Path) -> Path:
    return written(tmp_path, "seven.csv", SEVEN)


# Help and version


def test_the_help_names_every_command(run: Callable[..., Result]) -> None:
    result = run("--help")
    assert (result.code, result.err) == (0, "")
    assert all(f"\n  {command} " in result.out for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_shows_flags_and_examples(command: str, run: Callable[..., Result]) -> None:
    result = run(command, "--help")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(f"usage: faultline {command} ")
    assert "\nexamples:\n  faultline " in result.out
    assert all(flag in result.out for flag in command_parser(command).flags)


@pytest.mark.parametrize("command", ["open", "metrics"])
def test_both_commands_that_take_a_file_take_every_role(command: str) -> None:
    assert {f"--{role}" for role in ROLES.split()} <= set(command_parser(command).flags)


def test_the_version_is_printed(run: Callable[..., Result]) -> None:
    assert run("--version") == Result(0, f"faultline {mc.__version__}\n", "")


@pytest.mark.parametrize("module", [arguments, launch, printing])
def test_the_examples_of_the_functions_run(module: ModuleType) -> None:
    assert doctest.testmod(module).failed == 0


# Numbers


def test_the_census_file_gives_the_published_numbers(
    run: Callable[..., Result], shared_data: Callable[[str], Path]
) -> None:
    result = run(
        "metrics", shared_data("adult_income_binary.csv"), "--y-score", "y_score", "--by", "sex", "--format", "json"
    )  # fmt: skip
    assert result.code == 0
    assert result.json["metrics"]["roc_auc"] == pytest.approx(0.905221, abs=5e-7)
    assert result.json["metrics"]["accuracy"] == pytest.approx(0.851975, abs=5e-7)
    assert [(g["column"], g["value"], g["rows"]) for g in result.json["by"]] == [
        ("sex", "Female", 5421),
        ("sex", "Male", 10860),
    ]
    assert (
        result.err
        == "Guessed from names and values in adult_income_binary.csv:\n  --y-true y_true  named 'y_true', 2 different values\n"
    )


def test_the_json_is_what_the_core_says(seven: Path, run: Callable[..., Result]) -> None:
    result = run("metrics", seven, "--threshold", 0.5, "--by", "site", "--k", 2, "--format", "json")
    expected = mc.evaluate(mc.read(seven), threshold=0.5, by=["site"], k=[2]).to_dict()
    assert result.json == expected
    assert result.json["confusion"] == {"labels": ["0", "1"], "matrix": [[1, 2], [1, 3]]}
    assert [group["value"] for group in result.json["by"]] == ["a", "b", None]


def test_the_text_shows_all_there_is(seven: Path, run: Callable[..., Result]) -> None:
    out = run("metrics", seven, "--threshold", "0.5", "--by", "site", "--k", "2").out
    lines = out.splitlines()
    assert lines[:5] == [
        "File       seven.csv",
        "Rows       7 used of 7 read",
        "Model      p",
        "Positive   1 in label",
        "Threshold  0.500 (score >= threshold is positive)",
    ]
    assert lines[6].split() == ["Metric", "Value"]
    assert "Accuracy                     57.1%" in lines
    assert "Precision at 2              100.0%" in lines
    assert "Hinge loss                     n/a  the scores are not margins" in lines
    at = lines.index("Confusion matrix (columns: predicted)")
    assert [line.split() for line in lines[at + 1 : at + 4]] == [
        ["true", "0", "1"],
        ["0", "1", "2"],
        ["1", "1", "3"],
    ]
    at = lines.index("By site")
    assert lines[at + 1].split()[:3] == ["site", "Rows", "Accuracy"]
    assert [line.split()[:2] for line in lines[at + 3 : at + 6]] == [
        ["a", "3"],
        ["b", "3"],
        ["(missing)", "1"],
    ]
    assert "error W2: Only 3 rows are negative" in out[out.index("\nFindings\n") :]


def test_intervals_stand_beside_the_values(seven: Path, run: Callable[..., Result]) -> None:
    shown = run("metrics", seven, "--ci", "--level", "0.9", "--format", "json").json
    entry = shown["intervals"]["recall"]
    assert entry["low"] < shown["metrics"]["recall"] < entry["high"]
    assert (entry["level"], entry["method"]) == (0.9, "wilson")
    out = run("metrics", seven, "--ci", "--level", "0.9", "--by", "site").out
    lines = [line.split() for line in out.splitlines()]
    assert lines[6] == ["Metric", "Value", "90%", "interval"]
    low, high = (f"{100 * entry[end]:.1f}" for end in ("low", "high"))
    assert ["Recall", "75.0%", f"{low}–{high}%"] in lines
    below_a = lines[next(i for i, line in enumerate(lines) if line[:2] == ["a", "3"]) + 1]
    assert below_a[0].endswith("–100.0%")
    assert "Hinge loss n/a the scores are not margins" in [" ".join(line) for line in lines]


def test_a_filter_narrows_the_rows(seven: Path, run: Callable[..., Result]) -> None:
    result = run("metrics", seven, "--filter", "site=='b' AND p>0.5", "--format", "json")
    assert (result.json["rows_used"], result.json["filter"]) == (2, "site == 'b' and p > 0.5")


def test_several_models_are_shown_one_after_the_other(tmp_path: Path, run: Callable[..., Result]) -> None:
    path = written(tmp_path, "two.csv", "y,a,b=1\n1,0.9,0.2\n0,0.1,0.6\n1,0.7,0.8\n")
    words = ("metrics", path, "--y-true", "y", "--y-score", "a", "--y-score", "new=b=1")
    assert [model["model"] for model in run(*words, "--format", "json").json["models"]] == ["a", "new"]
    assert run(*words).out.count("Confusion matrix") == 2


def test_a_column_with_an_equals_sign_is_a_column(tmp_path: Path, run: Callable[..., Result]) -> None:
    path = written(tmp_path, "odd.csv", "y=1,p=1\n1,0.9\n0,0.1\n")
    shown = run("metrics", path, "--y-true", "y=1", "--y-score", "p=1", "--format", "json").json
    assert (shown["model"], shown["roles"]["y_true"], shown["roles"]["y_score"]) == ("p=1", "y=1", "p=1")


def test_text_from_the_file_cannot_steer_the_terminal(tmp_path: Path, run: Callable[..., Result]) -> None:
    path = written(tmp_path, "evil.csv", 'y,p,g\n1,0.9,"\x1b[31mred\nline"\n0,0.1,"\u202eabc"\n1,0.8,日本\n')
    out = run("metrics", path, "--by", "g").out
    assert "\x1b" not in out
    assert "\u202e" not in out
    rows = out[out.index("By g") :].splitlines()[3:6]
    assert rows[0].startswith(r"\x1b[31mred\nline     1 ")
    assert rows[2].startswith(r"日本                  1 ")


# Guesses and questions


def test_every_guess_is_told_with_its_reason(seven: Path, run: Callable[..., Result]) -> None:
    for form in ("table", "json"):
        assert run("metrics", seven, "--format", form).err.splitlines() == [
            "Guessed from names and values in seven.csv:",
            "  --y-true label  named 'label', 2 different values",
            "  --y-score p     named 'p', numbers from 0.2 to 0.9",
            "  --pos-label 1   the usual reading of these labels",
        ]


def test_named_roles_are_not_called_guesses(seven: Path, run: Callable[..., Result]) -> None:
    assert run("metrics", seven, "--y-true", "label", "--y-score", "p").err == ""
    assert "--y-score p " in run("metrics", seven, "--y-true", "label").err


def test_a_question_names_every_way_to_answer(tmp_path: Path, run: Callable[..., Result]) -> None:
    path = written(tmp_path, "w.csv", "y_true,p\nno fraud,0.1\nfraud,0.9\n")
    asked = run("metrics", path)
    assert (asked.code, asked.out) == (2, "")
    assert asked.err.splitlines() == [
        "faultline metrics: Which label of column 'y_true' is the positive class?",
        "Answer with one of:",
        "  --choose pos_label=fraud  or  --pos-label fraud",
        "  --choose pos_label='no fraud'  or  --pos-label 'no fraud'",
    ]
    chosen = run("metrics", path, "--choose", "pos_label=no fraud", "--format", "json")
    named = run("metrics", path, "--pos-label", "no fraud", "--format", "json")
    assert chosen.json == named.json
    assert named.json["pos_label"] == "no fraud"


def test_a_question_without_a_flag_of_its_own_names_only_the_choice(
    tmp_path: Path, run: Callable[..., Result]
) -> None:
    path = written(tmp_path, "w.csv", "y_true,p,w\n0,0.1,1\n1,0.9,\n")
    asked = run("metrics", path, "--weight", "w")
    assert asked.code == 2
    assert "  --choose weight_missing=drop  leave these rows out" in asked.err.splitlines()


# Refusals

BAD_FILES = {
    "empty.csv": ("", "is empty"),
    "header.csv": ("y_true,p\n", "no rows"),
    "ragged.csv": ("y_true,p\n1,0.5\n0\n", "at line 3"),
    "twice.csv": ("y_true,p,p\n1,0.5,0.5\n", "more than once: 'p'"),
    "three.csv": ("y_true,p\na,0.5\nb,0.5\nc,0.1\n", "3 different labels"),
    "nothing.csv": ("a,b\nx,u\ny,v\nz,w\n", "--y-true"),
    "text.csv": ("y_true,p\n1,high\n0,low\n", "holds text in 2 of 2 rows"),
    "table.xlsx": ("PK\x03\x04", "Excel"),
    "page.csv": ("<!DOCTYPE html><html>", "web page"),
    "percent.csv": ("y_true,p\n" + "".join(f"{i % 2},{i}\n" for i in range(40)), "--score-kind percent"),
    "seen.csv": ("y_true,y_pred\n1,1\n0,0\n1,yes\n", "never occur in 'y_true' in 1 of 3 rows: row 3 = 'yes'"),
}  # fmt: skip


def refused(result: Result, sentence: str) -> None:
    """One message on stderr with these words, nothing on stdout, exit code 2."""
    assert result.code == 2
    assert result.out == ""
    assert sentence in result.err
    assert result.err.startswith("faultline")
    assert result.err.count("faultline: ") + result.err.count("faultline metrics: ") <= 1
    assert "Traceback" not in result.err


@pytest.mark.parametrize("name", BAD_FILES)
@pytest.mark.parametrize("form", ["table", "json"])
def test_a_bad_file_is_refused_in_one_message(
    name: str, form: str, tmp_path: Path, run: Callable[..., Result]
) -> None:
    text, sentence = BAD_FILES[name]
    refused(run("metrics", written(tmp_path, name, text), "--format", form), sentence)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("", "Name a command: demo, open, metrics, slices, threshold, check, apply, list."),
        ("metric", "There is no command 'metric'. Did you mean metrics?"),
        ("--verbose", "There is no flag --verbose."),
        ("metrics", "This takes FILE or --model NAME=FILE; none is given."),
        ("metrics FILE --model a=FILE", "This takes FILE or --model NAME=FILE; both are given."),
        ("metrics sevn.csv", "There is no file 'sevn.csv'."),
        ("metrics FILE --thresold 0.5", "There is no flag --thresold. Did you mean --threshold?"),
        ("metrics FILE --exactly", "There is no flag --exactly. Did you mean --exact?"),
        ("metrics FILE --threshold=high", "--threshold: 'high' is not a number such as 0.5."),
        ("metrics FILE --threshold nan", "The threshold must be a finite number."),
        ("metrics FILE --threshold", "--threshold: expected one argument."),
        ("metrics FILE --threshold 0.5 --threshold 0.6", "--threshold is given twice."),
        ("metrics FILE --y-true= --y-score p", "--y-true: the name is empty."),
        ("metrics FILE --y-true lable", "has no column 'lable'. Did you mean 'label'?"),
        ("metrics FILE --y-score a=p --y-score a=p", "--y-score names the model 'a' twice."),
        ("metrics FILE --y-score new=q", "has no column 'q'."),
        ("metrics FILE --by sit", "has no column 'sit'. Did you mean 'site'?"),
        ("metrics FILE --slice sit", "has no column 'sit'."),
        ("metrics FILE --pos-label yes", "Label 'yes' does not occur in column 'label'."),
        ("metrics FILE --score-kind percentage", "Did you mean 'percent'?"),
        ("metrics FILE --task regresion", "There is no task 'regresion' in this version. Did you mean 'regression'?"),
        ("metrics FILE --choose pos_label", "--choose: 'pos_label' is not of the form ID=OPTION."),
        ("metrics FILE --weight-kind often --weight p", "There is no weight kind 'often'."),
        ("metrics FILE --k 0", "k counts rows: it must be 1 or more."),
        ("metrics FILE --k 1.5", "--k: '1.5' is not a whole number."),
        ("metrics FILE --level 0.9", "--level is the level of the intervals: add --ci."),
        ("metrics FILE --ci --level 95", "--level: '95' is not between 0 and 1; write 0.95 for 95%."),
        ("metrics FILE --filter p>", "Filter, position 3: expected a value"),
        ("metrics FILE --filter p>2", "No row that can be judged passes the filter p > 2."),
        ("metrics FILE --filter=", "The filter is empty."),
        ("metrics FILE --filter q>2", "no column 'q'"),
        ("metrics FILE --format jsn", "--format: 'jsn' is not one of table, json; perhaps json."),
        ("list", "Say what to list: tasks, metrics, demos."),
        ("list metric", "There is no list of 'metric'."),
        ("list metrics recoll", "None of the metrics is called 'recoll'. Did you mean recall"),
        ("list metrics --task binary", "There is no flag --task."),
    ],
)  # fmt: skip
def test_a_slip_is_refused_in_one_message(
    words: str, sentence: str, seven: Path, run: Callable[..., Result]
) -> None:
    refused(run(*(seven if word == "FILE" else word for word in words.split())), sentence)


def test_a_bug_of_ours_keeps_its_traceback(seven: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(mc, "evaluate", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        main(["metrics", str(seven)])


# Lists
