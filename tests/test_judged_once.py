"""What the command line has checked is handed to the first page that wants it, and to no other."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from app import datasets
from app.cli import main
from metrics_core import read
from metrics_core.source import open_source
from tests.pages.intake import started


def table(folder: Path) -> Path:
    path = folder / "rows.csv"
    n = np.arange(60)
    pd.DataFrame({"y": n % 2, "score": n / 60, "other": n % 7 / 7}).to_csv(path, index=False)
    return path


def test_judged_rows_are_handed_over_once(tmp_path: Path) -> None:
    source = open_source(table(tmp_path))
    roles = {"y_score": "score"}
    predictions = read(source, **roles)
    datasets.hand_over(predictions, roles)
    assert datasets.handed_over(source, {"y_score": "score"}) is predictions
    assert datasets.handed_over(source, {"y_score": "score"}) is None


def test_other_roles_or_another_table_are_judged_anew(tmp_path: Path) -> None:
    source = open_source(table(tmp_path))
    for asked, wanted in ((source, {"y_score": "other"}), (open_source(table(tmp_path)), {"y_score": "score"})):  # fmt: skip
        datasets.hand_over(read(source, y_score="score"), {"y_score": "score"})
        assert datasets.handed_over(asked, wanted) is None
        assert datasets.handed_over(source, {"y_score": "score"}) is None


@pytest.mark.parametrize("named", [["--y-score", "score"], ["--y-score", "score", "--slice", "other"]])
def test_the_first_page_takes_what_the_command_line_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: list[str]
) -> None:
    path = table(tmp_path)
    launched: dict[str, object] = {}
    monkeypatch.setattr("app.launch.serve", lambda server, launch, page, meanwhile: launched.update(launch) or 0)  # fmt: skip
    assert main(["open", str(path), *named, "--headless", "--port", "8999"]) == 0
    monkeypatch.setenv("FAULTLINE_LAUNCH", json.dumps(launched))
    monkeypatch.setattr("app.state.reading.mc.read", _refuse)
    at = started(data="rows.csv")
    assert "**score**: 60 of 60 rows can be judged" in "".join(str(m.value) for m in at.markdown)


def _refuse(*args: object, **roles: object) -> None:
    raise AssertionError("judged again")
