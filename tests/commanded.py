"""The ``faultline`` command run inside the test: what it answers, and on stdout and stderr."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.cli import main

#: Scores 0.6 0.2 0.55 0.9 0.4 0.8 0.5 with labels + - - + + + -.
SEVEN = "label,p,site,city\n1,0.6,a,x\n0,0.2,a,x\n0,0.55,b,x\n1,0.9,b,x\n1,0.4,b,x\n1,0.8,a,x\n0,0.5,,x\n"


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


def runner(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Make a function that runs the command in this process; a test module makes it a fixture of its own."""
    monkeypatch.delenv("COLUMNS", raising=False)

    def call(*words: object) -> Result:
        code = main([str(word) for word in words])
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path
