"""``faultline list``: every metric, task and demo, made from the tables."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

import pytest

from metrics_core.metrics import registry
from tests.commanded import SEVEN, Result, runner, written

run = pytest.fixture(runner)


@pytest.fixture
def seven(tmp_path: Path) -> Path:
    return written(tmp_path, "seven.csv", SEVEN)


def test_every_metric_is_listed_with_all_a_reader_wants_to_know(run: Callable[..., Result]) -> None:
    entries = run("list", "metrics", "--format", "json").json["metrics"]
    assert [(entry["task"], entry["key"]) for entry in entries] == list(registry.REGISTRY)
    out = run("list", "metrics").out
    flat = " ".join(out.split())
    for spec in registry.REGISTRY.values():
        assert f"\n{spec.key}  {spec.label}; " in "\n" + out
        for text in (
            spec.about,
            f"Undefined when {spec.undefined_when}.",
            spec.interval,
            f"Source: {spec.source}.",
        ):
            assert " ".join(text.split()) in flat


def test_a_metric_is_found_by_its_synonym(run: Callable[..., Result]) -> None:
    found = run("list", "metrics", "AUC", "--format", "json").json["metrics"]
    assert {"roc_auc", "pr_auc", "roc_auc_ovr_macro", "roc_auc_ovo_macro"} == {
        entry["key"] for entry in found
    }
    assert run("list", "metrics", "true", "positive", "rate").out.startswith("recall  ")


def test_metrics_of_two_tasks_are_listed_apart(run: Callable[..., Result]) -> None:
    lines = run("list", "metrics", "accuracy").out.splitlines()
    heads = [line for line in lines if line.startswith(("Task ", "accuracy "))]
    assert [head.split()[:2] for head in heads] == [
        ["Task", "binary"], ["accuracy", "Accuracy;"], ["Task", "multiclass"], ["accuracy", "Accuracy;"],
    ]  # fmt: skip


def test_a_new_metric_reaches_help_list_and_numbers(
    seven: Path, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = dataclasses.replace(
        registry.REGISTRY["binary", "recall"], key="hit_share", label="Hit share", synonyms=("catch rate",)
    )
    extended = MappingProxyType({**registry.REGISTRY, ("binary", "hit_share"): spec})
    monkeypatch.setattr(registry, "REGISTRY", extended)
    assert "hit_share" in run("metrics", "--help").out
    assert run("list", "metrics", "catch").out.startswith("hit_share  Hit share; higher is better, 0 to 1\n")
    assert run("metrics", seven, "--format", "json").json["metrics"]["hit_share"] == 0.75
    assert ["Hit", "share", "75.0%"] in [line.split() for line in run("metrics", seven).out.splitlines()]


def test_demos_and_tasks_are_listed(run: Callable[..., Result]) -> None:
    demos = run("list", "demos", "--format", "json").json["demos"]
    assert demos[0]["name"] == "fraud"
    assert demos[0]["roles"]["y_true"] == "is_fraud"
    assert run("list", "demos").out.startswith("fraud  Card fraud (binary)\n")
    binary, classes, regression, forecasting = run("list", "tasks", "--format", "json").json["tasks"]
    assert (binary["task"], binary["demos"], "roc_auc" in binary["metrics"]) == (
        "binary",
        ["fraud", "tumour"],
        True,
    )
    assert (classes["task"], classes["demos"], "f1_macro" in classes["metrics"]) == (
        "multiclass",
        ["digits"],
        True,
    )
    assert (regression["task"], regression["demos"]) == ("regression", ["diabetes"])
    assert (forecasting["task"], forecasting["demos"]) == ("forecasting", ["demand"])
    assert {"mase", "rmsse", "smape", "wape", "owa", "dtw", *regression["metrics"]} <= set(
        forecasting["metrics"]
    )
    shown = run("list", "tasks").out.splitlines()[1]
    assert shown.split() == ["binary", str(len(binary["metrics"])), "fraud,", "tumour"]
