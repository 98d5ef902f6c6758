"""The ``faultline`` command as a process: its streams, its exit and what it imports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def seven(tmp_path: Path) -> Path:
    return written(tmp_path, "label,p,site\n1,0.6,a\n0,0.2,a\n0,0.55,b\n1,0.9,b\n1,0.4,b\n1,0.8,a\n0,0.5,\n")


def written(folder: Path, text: str) -> Path:
    path = folder / "table.csv"
    path.write_text(text, encoding="utf-8")
    return path


def in_a_process(*words: object, shell: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own; ``shell`` continues the line."""
    line = [sys.executable, "-m", "app.cli", *map(str, words)]
    if shell:
        line = ["bash", "-c", f'"$@" {shell}', "bash", *line]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def test_stderr_stays_clean_and_stdout_is_one_object(seven: Path) -> None:
    done = in_a_process(
        "metrics", seven, "--y-true", "label", "--y-score", "p", "--filter", "p > 0.1", "--by", "site", "--format", "json"
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["rows_used"] == 7


def test_a_reader_that_stops_early_is_no_error() -> None:
    done = in_a_process("list", "metrics", shell="| head -n 1; echo ${PIPESTATUS[0]}")
    assert done.stdout.splitlines() == ["Task binary", "0"]
    assert done.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told_in_one_message() -> None:
    done = in_a_process("list", "demos", shell="> /dev/full")
    assert (done.returncode, done.stderr) == (
        2,
        "faultline list: The answer cannot be written: No space left on device.\n",
    )


def test_a_terminal_without_the_letters_shows_their_codes(tmp_path: Path) -> None:
    path = written(tmp_path, "y,p,g\n1,0.9,α\n0,0.1,α\n")
    line = [sys.executable, "-m", "app.cli", "metrics", str(path), "--by", "g"]
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(line, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0
    assert r"\u03b1" in done.stdout


@pytest.mark.parametrize(
    ("words", "unneeded"),
    [
        (["--help"], ["metrics_core", "streamlit", "numpy"]),
        (["open", "--help"], ["metrics_core", "streamlit", "numpy"]),
        (["list", "demos"], ["streamlit", "numpy", "pandas"]),
        (["list", "metrics"], ["streamlit", "pandas", "sklearn", "scipy", "plotly"]),
        (["metrics", "FILE"], ["streamlit", "sklearn", "plotly"]),
    ],
    ids=lambda words: " ".join(words),
)
def test_a_command_imports_only_what_it_needs(words: list[str], unneeded: list[str], seven: Path) -> None:
    words = [str(seven) if word == "FILE" else word for word in words]
    code = f"import sys\nfrom app.cli import main\nmain({words!r})\nprint(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)  # fmt: skip
    assert not set(unneeded) & set(done.stderr.split())
