"""The link and the command of a view: they lead to the page's own numbers."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

import metrics_core as mc
from app import remembered, state
from app.cli import main
from app.datasets import Dataset
from app.views.share import metrics_command, named_roles
from demo_data import demo
from tests.pages.opened import launched, opened, written

FRAUD = demo("fraud").path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Run a copied command where its file lies; return its numbers."""

    def call(command: str, folder: Path) -> dict[str, Any]:
        split = subprocess.run(["sh", "-c", f"printf '%s\\0' {command}"], capture_output=True, text=True, check=True)  # fmt: skip
        program, *words = split.stdout.removesuffix("\0").split("\0")
        assert program == "faultline"
        monkeypatch.chdir(folder)
        code = main([*words, "--format", "json"])
        said = capsys.readouterr()
        assert code == 0, said.err
        found: dict[str, Any] = json.loads(said.out)
        return found

    return call


@pytest.fixture
def evaluations(monkeypatch: pytest.MonkeyPatch) -> list[mc.Evaluation]:
    """What the pages evaluate, newest last."""
    found: list[mc.Evaluation] = []
    evaluate = state.evaluation

    def noted(*args: Any, **kwargs: Any) -> mc.Evaluation:
        found.append(evaluate(*args, **kwargs))
        return found[-1]

    monkeypatch.setattr(state, "evaluation", noted)
    return found


def command(at: AppTest) -> str:
    return next(block.value for block in at.code if block.value.startswith("faultline metrics"))


def same(page: mc.Evaluation, told: dict[str, Any]) -> None:
    """The command tells what the page evaluated, to the last digit: metrics, matrix and rule."""
    of_page = json.loads(json.dumps(page.to_dict()))
    both = zip(of_page.get("models") or [of_page], told.get("models") or [told], strict=True)
    for shown, printed in both:
        assert printed["intervals"]
        for part in ("model", "metrics", "confusion", "threshold", "filter", "rows_used", "exact"):
            assert printed[part] == shown[part], part


@pytest.mark.parametrize(
    "query",
    [
        {"data": "fraud"},
        {"data": "fraud", "t": "0.37", "filter": "country == 'DE' or amount > 80.5"},
        {"data": "fraud", "t": "1e-05", "exact": "1"},
        {"data": "tumour", "model": "forest", "t": "0.4"},
        {"data": "digits"},
        {"data": "digits", "class": "8"},
        {"data": "digits", "class": "8", "t": "0.3", "filter": "slant >= 0.1"},
    ],
    ids=lambda query: " ".join(query.values()),
)
def test_the_command_prints_the_numbers_of_the_page(query, run, evaluations):
    at = opened("slices", **query)
    same(evaluations[-1], run(command(at), demo(query["data"]).path.parent))


def test_a_class_that_looks_like_a_flag_is_no_flag(run, evaluations, monkeypatch, tmp_path):
    rng = np.random.default_rng(3)
    names = np.array(["-x", "b 'c", "$d"])
    truth, guess = names[rng.integers(0, 3, 60)], names[rng.integers(0, 3, 60)]
    pd.DataFrame({"truth": truth, "guess": guess, "n": rng.normal(size=60)}).to_csv(tmp_path / "odd rows.csv", index=False)  # fmt: skip
    name = launched(monkeypatch, tmp_path / "odd rows.csv", y_true="truth", y_pred="guess")
    at = opened("confusion", data=name, filter="n > -1", **{"class": "-x"})
    same(evaluations[-1], run(command(at), tmp_path))


def test_a_negative_threshold_is_the_value_of_its_flag(run, evaluations, monkeypatch, tmp_path):
    rng = np.random.default_rng(5)
    pd.DataFrame({"y": rng.integers(0, 2, 80), "s": rng.normal(size=80)}).to_csv(tmp_path / "margins.csv", index=False)  # fmt: skip
    name = launched(monkeypatch, tmp_path / "margins.csv", y_true="y", y_score="s", pos_label="1", score_kind="margin")  # fmt: skip
    at = opened("confusion", data=name, t="-1e-05")
    same(evaluations[-1], run(command(at), tmp_path))


def test_a_file_for_each_model_is_named_by_its_place_below_their_folder(run, evaluations, monkeypatch, tmp_path):  # fmt: skip
    rng = np.random.default_rng(6)
    paths = {}
    for model in ("old", "new"):
        (tmp_path / model).mkdir()
        paths[model] = tmp_path / model / "rows.csv"
        pd.DataFrame({"id": range(80), "y": np.arange(80) % 2, "p": rng.random(80)}).to_csv(paths[model], index=False)  # fmt: skip
    data = {"name": "old + new", "paths": [str(p) for p in paths.values()], "models": [*paths],
            "roles": {"y_true": "y", "y_score": "p", "pos_label": "1", "model_column": "model"}}  # fmt: skip
    monkeypatch.setenv("FAULTLINE_LAUNCH", json.dumps({"data": data}))
    at = opened("confusion", data="old + new", model="new", t="0.6")
    assert "--model old=old/rows.csv --model new=new/rows.csv" in command(at)
    same(evaluations[-1], run(command(at), tmp_path))


def test_roles_the_file_remembers_and_the_page_does_not_take_are_told(monkeypatch, tmp_path):
    frame = pd.DataFrame({"y": [0, 1] * 20, "p": np.linspace(0, 1, 40), "w": [1.0, 2.0] * 20})
    frame.to_csv(tmp_path / "rows.csv", index=False)
    name = launched(monkeypatch, tmp_path / "rows.csv", y_true="y", y_score="p", pos_label="1")
    at = opened("confusion", data=name)
    assert "remembers more" not in written(at)
    place = remembered.place_of([tmp_path / "rows.csv"])
    assert place is not None
    remembered.remember(place, {"weight": "w", "id": "y"})
    at.session_state["roles"] = {name: {}}  # this session started again from guesses
    at.run()
    assert r"the command would take too and this page does not: \-\-weight w." in written(at)


def test_the_link_of_the_page_holds_its_view_and_an_upload_has_none(monkeypatch):
    at = opened("confusion", data="fraud", t="0.4")
    assert any(block.value.endswith("?data=fraud&t=0.4") for block in at.code)
    own = Dataset(name="fraud", title="fraud", origin="upload", paths=(FRAUD,), roles=demo("fraud").roles)
    monkeypatch.setattr(state, "datasets", lambda: {"fraud": own})
    at.run()
    assert [block.value.split()[0] for block in at.code] == ["faultline"]
    assert "private to your session" in written(at)


@pytest.mark.parametrize("page", ["overview", "threshold", "confusion", "curves", "calibration", "slices", "examples"])  # fmt: skip
def test_every_page_of_numbers_can_be_shared(page):
    assert command(opened(page, data="digits")).endswith("--ci")


def test_a_class_takes_the_place_of_the_positive_one_and_of_its_answers():
    one = Dataset(name="a.csv", title="a.csv", origin="upload", paths=(Path("a.csv"),))
    in_force = {"y_true": "y", "pos_label": "dog", "weight": None, "choose": {"pos_label": "dog", "header": "yes"}}  # fmt: skip
    view = state.View(label="cat", threshold=0.25)
    roles = named_roles(in_force, one, view)
    assert roles == {"y_true": "y", "task": "binary", "pos_label": "cat", "choose": {"header": "yes"}}
    assert "--pos-label cat" in metrics_command(one, roles, view, "binary")
    assert named_roles(in_force, one, state.View()) == {role: v for role, v in in_force.items() if v is not None}  # fmt: skip


def test_many_classes_together_have_no_threshold():
    one = Dataset(name="a.csv", title="a.csv", origin="upload", paths=(Path("a.csv"),))
    assert "--threshold" not in metrics_command(one, {}, state.View(threshold=0.25), "multiclass")
