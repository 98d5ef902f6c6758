"""The commands on every page of the documentation do what the page says.

A ``sh`` block is run line by line from the root of the repository; a ``text`` block right behind it is what the last
line prints, with ``...`` for what is left out. Commands that start the app are only read.
"""

from __future__ import annotations

import doctest
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import metrics_core as mc
from app.cli import main
from app.commands import COMMANDS, command_parser

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(
    r"^```sh\n(?P<lines>.*?)^```\n(?:\n```text\n(?P<output>.*?)^```\n)?", re.MULTILINE | re.DOTALL
)
SAME = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def commands() -> list[tuple[str, str, str]]:
    """Page, command and expected output (may be empty) of every ``faultline`` line."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8") if page.exists() else ""
        for block in BLOCK.finditer(text):
            lines = [line.strip() for line in block["lines"].replace("\\\n", " ").splitlines()]
            lines = [line for line in lines if line and not line.startswith("#")]
            expected = ["" for _ in lines[1:]] + [block["output"] or ""]
            found += [
                (page.name, line, output)
                for line, output in zip(lines, expected, strict=True)
                if line.startswith("faultline ")
            ]
    return found


def names(command: str) -> list[str]:
    return shlex.split(command, comments=True)[1:]


WRITTEN = ("/tmp/decision.json", "/tmp/flagged.csv")
RUNNING = ("metrics", "slices", "list", "threshold", "check", "apply")
RUN = [entry for entry in commands() if names(entry[1])[0] in RUNNING]
READ = [entry for entry in commands() if names(entry[1])[0] in ("demo", "open")]


def test_every_command_has_an_example() -> None:
    shown = {names(command)[0] for page, command, _ in commands() if page == "command_line.md"}
    assert shown == set(COMMANDS)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Where the files that a page writes to /tmp really go."""
    folder = tmp_path_factory.mktemp("docs")
    decision = str(folder / "decision.json")  # each example must run alone
    assert (
        main(["threshold", str(ROOT / "demo_data" / "fraud.parquet"), "--maximize", "f1", "-o", decision])
        == 0
    )
    return {path: str(folder / Path(path).name) for path in WRITTEN}


@pytest.mark.parametrize(("page", "command", "expected"), RUN, ids=[f"{p}: {c}" for p, c, _ in RUN])
def test_an_example_runs_and_prints_what_the_page_shows(
    page: str,
    command: str,
    expected: str,
    written: dict[str, str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("COLUMNS", raising=False)
    for path, moved in written.items():
        command, expected = command.replace(path, moved), expected.replace(path, moved)
    if {"|", "||"} & set(shlex.split(command)):
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        script = ["bash", "-o", "pipefail", "-c", command]
        done = subprocess.run(
            script, env={**os.environ, "PATH": path}, capture_output=True, text=True, timeout=120, check=False
        )
        code, printed = done.returncode, done.stdout
    else:
        code = main(names(command))
        captured = capsys.readouterr()
        printed = captured.err + captured.out
    assert code == 0, printed
    if expected:
        assert doctest.OutputChecker().check_output(expected, printed, SAME), printed


@pytest.mark.parametrize(("page", "command", "_"), READ, ids=[f"{p}: {c}" for p, c, _ in READ])
def test_an_example_that_starts_the_app_has_flags_that_exist(page: str, command: str, _: str) -> None:
    words = names(command)
    command_parser(words[0]).read(words[1:])


@pytest.mark.parametrize("command", COMMANDS)
def test_the_page_names_every_flag(command: str) -> None:
    page = (ROOT / "docs" / "command_line.md").read_text(encoding="utf-8")
    missing = [f for f in command_parser(command).flags if f not in page and f not in ("-h", "--help")]
    assert not missing


def test_the_examples_in_the_help_exist_too() -> None:
    for command in COMMANDS:
        epilog = command_parser(command).epilog or ""
        for line in re.findall(r"^  (faultline .*)$", epilog, flags=re.MULTILINE):
            words = names(line)
            command_parser(words[0]).read(words[1:])


def test_every_link_between_the_pages_leads_somewhere() -> None:
    for page in PAGES:
        text = page.read_text(encoding="utf-8") if page.exists() else ""
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
            if "://" not in target and not target.startswith("mailto:"):
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_page_about_the_record_explains_every_field() -> None:
    page = (ROOT / "docs" / "decision_record.md").read_text(encoding="utf-8")
    frame = pd.DataFrame({"y": [0, 1] * 20, "p": [0.25, 0.75] * 20})
    decision = mc.thresholds.select(mc.read(frame, y_true="y", y_score="p"), maximize="f1")
    assert set(re.findall(r"^\| `(\w+)` \|", page, flags=re.MULTILINE)) == set(decision.to_dict())


def test_the_examples_of_the_record_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    found = doctest.testfile(str(ROOT / "docs" / "decision_record.md"), module_relative=False)
    assert (found.failed, found.attempted) == (0, 5)
