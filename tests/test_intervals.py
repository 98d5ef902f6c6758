"""Intervals: what holds at the edges, with weights, for rows that belong together, and in an evaluation."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from dataclasses import replace
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given

import metrics_core as mc
from metrics_core import REGISTRY
from metrics_core.intervals import interval_of, intervals_of
from metrics_core.metrics.registry import metrics_of
from metrics_core.rate_interval import wilson
from metrics_core.tally.outcomes import outcomes
from metrics_core.values import spec_of
from tests.judged import judged
from tests.tables import Rows, random_rows, rows, some_rows

Z = 1.959963984540054
NAMES = [spec.key.replace("@k", "@3") for spec in metrics_of("binary")]
DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "intervals.md"


def ends(found: dict[str, Any]) -> dict[str, tuple[float | None, float | None, str]]:
    return {key: (span.low, span.high, span.method) for key, span in found.items()}


# ------------------------------------------------------------------------------------------------------- edges


@given(drawn=some_rows())
def test_every_interval_holds_its_value_or_says_why_there_is_none(drawn: Rows) -> None:
    subject = judged(drawn)
    for key, span in intervals_of(subject, replicates=100).items():
        spec, value = spec_of("binary", key)[0], subject.metrics.values[key]
        assert (span.low is None or span.high is None) == bool(span.reason), key
        if value is None:
            assert span.low is span.high is None, key
            assert span.reason == subject.metrics.undefined[key], key
        elif span.low is not None and span.high is not None:
            assert span.low <= value <= span.high, key
            assert spec.low - 1e-9 <= span.low < span.high <= spec.high + 1e-9, key


def test_perfect_decision_is_not_certain() -> None:
    subject = judged(rows("+" * 20 + "-" * 30, [0.9] * 10 + [0.8] * 10 + [0.2] * 15 + [0.1] * 15))
    found = intervals_of(subject)
    for key in ("recall", "precision", "f1", "mcc", "cohen_kappa", "balanced_accuracy", "jaccard", "youden_j", "roc_auc",
                "gini", "average_precision", "pr_auc", "ks", "precision@3"):  # fmt: skip
        assert subject.metrics.values[key] == 1.0, key
        assert found[key].high == 1.0, key
        assert 0 < found[key].low < 0.99, key
    assert found["recall"].low == pytest.approx(20 / (20 + Z**2))
    assert found["youden_j"].low == pytest.approx(20 / (20 + Z**2))  # recall as low as its interval allows


def test_one_row_says_next_to_nothing() -> None:
    found = intervals_of(judged(rows("+", [0.9])))
    assert found["recall"].low == pytest.approx(1 / (1 + Z**2))
    assert (found["roc_auc"].low, found["roc_auc"].reason) == (None, "only one class is present")
    assert (found["brier"].low, found["brier"].reason) == (None, "every resample gives the same value")


def test_too_many_replicates_without_a_value_leave_no_interval() -> None:
    span = intervals_of(judged(rows("++" + "-" * 30, [0.9, 0.2] + [0.1] * 30)), keys=["balanced_accuracy"])
    found = span["balanced_accuracy"]
    assert found.low is None
    assert found.reason.endswith("of the resamples have no value (only one class is present)")
    assert found.undefined > 50


def test_infinite_end_is_none_with_its_reason() -> None:
    span = intervals_of(judged(rows("+" * 20 + "-" * 20, [0.9] * 15 + [0.1] * 5 + [0.9] * 2 + [0.1] * 18)))
    assert (span["lr_positive"].high, span["lr_positive"].reason) == (None, "infinite")
    assert 1 < span["lr_positive"].low < 7.5


def test_without_scores_the_decision_alone_has_intervals() -> None:
    found = mc.evaluate(
        mc.read(pd.DataFrame({"y_true": [1, 0] * 20, "y_pred": [1, 0, 0, 0] * 10})), intervals=True
    )
    assert found.intervals["recall"].method == "wilson"
    assert found.intervals["roc_auc"].reason == "there is no score column"
    assert found.intervals["net_benefit"].reason == "the file's own decision counts, which has no threshold"


def test_calibrated_scores_may_have_no_calibration_error() -> None:
    rng = np.random.default_rng(12)
    score = np.round(rng.random(2000), 2)
    fair = Rows(rng.random(2000) < score, score)
    biased = Rows(rng.random(2000) < score**2, score)
    for key in ("ece", "mce", "smooth_ece"):
        assert intervals_of(judged(fair), keys=[key])[key].low == 0.0, key
        assert intervals_of(judged(biased), keys=[key])[key].low > 0.05, key


# ------------------------------------------------------------------------------------- seeds, weights and groups


def test_same_seed_gives_the_same_intervals_whatever_else_is_asked() -> None:
    subject = judged(random_rows(13))
    everything = intervals_of(subject)
    assert list(everything) == NAMES
    assert ends(everything) == ends(intervals_of(subject))
    for key in ("average_precision", "f1", "precision@3", "smooth_ece"):
        assert intervals_of(subject, keys=[key]) == {key: everything[key]}
    other = intervals_of(subject, seed=1)
    changed = {key for key in other if ends(other)[key] != ends(everything)[key]}
    assert {"average_precision", "brier"} <= changed
    assert not changed & {"recall", "precision", "roc_auc", "gini"}


def test_interval_of_one_metric_is_that_of_the_bulk() -> None:
    subject = judged(random_rows(14, weighted=True))
    everything = intervals_of(subject)
    for key in NAMES:
        spec, k = spec_of("binary", key)
        assert (
            interval_of(spec, subject.outcomes, subject.tally, subject.cases.effective_n, k=k)
            == everything[key]
        )


def test_frequency_weights_count_as_repeated_rows() -> None:
    drawn = random_rows(15, 80, levels=12)
    times = np.random.default_rng(0).integers(1, 4, len(drawn))
    weighted = judged(replace(drawn, weight=times.astype(float)), frequency=True)
    repeated = judged(drawn.at(np.repeat(np.arange(len(drawn)), times)))
    a, b = ends(intervals_of(weighted)), ends(intervals_of(repeated))
    for key in NAMES:
        assert a[key][:2] == pytest.approx(b[key][:2], abs=1e-9), key


def test_equal_sampling_weights_change_nothing() -> None:
    drawn = random_rows(16, levels=30)
    plain, weighted = judged(drawn), judged(replace(drawn, weight=np.full(len(drawn), 7.0)))
    a, b = ends(intervals_of(plain)), ends(intervals_of(weighted))
    for key in NAMES:
        if "@" not in key:  # k counts rows
            assert a[key][:2] == pytest.approx(b[key][:2], abs=1e-9), key


def test_rate_counts_on_the_effective_number_of_its_own_rows() -> None:
    """One row in fifty of the negatives, each standing for fifty, says nothing less about recall."""
    drawn = rows(
        "+" * 40 + "-" * 40, [0.9] * 30 + [0.1] * 10 + [0.1] * 38 + [0.9] * 2, [1.0] * 40 + [50.0] * 40
    )
    found = intervals_of(judged(drawn))
    assert [found["recall"].low, found["recall"].high] == pytest.approx([float(x) for x in wilson(30, 40)])
    n = 130**2 / (30 + 2 * 50**2)  # Kish, of 30 and 2 flagged rows
    assert [found["precision"].low, found["precision"].high] == pytest.approx(
        [float(x) for x in wilson(n * 30 / 130, n)]
    )


def test_heavy_rows_that_were_never_seen_count() -> None:
    """No sampled negative is flagged, but each stands for fifty: a precision of 1 is far from certain."""
    drawn = rows("+" * 40 + "-" * 40, [0.9] * 30 + [0.1] * 50, [1.0] * 40 + [50.0] * 40)
    found = intervals_of(judged(drawn))["precision"]
    assert found.high == 1.0
    assert found.low == pytest.approx(30 / (30 + 2000 * Z**2 / (40 + Z**2)))


def test_effective_n_scales_tallies_without_squared_weights() -> None:
    o, spec = outcomes(30, 5, 10, 55), REGISTRY["binary", "recall"]
    half = interval_of(spec, o, None, 50.0)
    assert [half.low, half.high] == pytest.approx([float(x) for x in wilson(15, 20)])
    assert interval_of(spec, o, None, 100.0) == interval_of(spec, o, None)
    wide, narrow = (interval_of(REGISTRY["binary", "f1"], o, None, n) for n in (25.0, 100.0))
    assert wide.low < narrow.low < narrow.high < wide.high


def test_rows_that_belong_together_are_drawn_together() -> None:
    """Four copies of each row say no more than one: the intervals are those of the single rows."""
    drawn = random_rows(17, 300, levels=40)
    copies = drawn.at(np.repeat(np.arange(300), 4))
    single = intervals_of(judged(drawn), replicates=4000)
    grouped = intervals_of(judged(copies, together=np.repeat(np.arange(300), 4)), replicates=4000)
    ignored = intervals_of(judged(copies))
    for key in ("recall", "precision", "f1", "roc_auc", "average_precision", "brier", "ks", "prevalence"):
        width, wide, narrow = (x[key].high - x[key].low for x in (single, grouped, ignored))
        assert wide == pytest.approx(width, rel=0.12), key
        assert narrow == pytest.approx(width / 2, rel=0.12), key
        assert grouped[key].method == "group_bootstrap"


def test_very_many_groups_are_drawn_as_blocks() -> None:
    drawn = random_rows(18, 9000, levels=40)
    a = intervals_of(judged(drawn), keys=["average_precision", "f1"], replicates=4000)
    b = intervals_of(
        judged(drawn, together=np.arange(9000)), keys=["average_precision", "f1"], replicates=4000
    )
    for key in a:
        assert b[key].high - b[key].low == pytest.approx(a[key].high - a[key].low, rel=0.1), key


def test_one_group_has_no_interval() -> None:
    found = intervals_of(judged(random_rows(19, 50), together=np.zeros(50, dtype=int)))
    assert {span.reason for span in found.values()} <= {
        "all rows belong together",
        "the scores are not margins",
    }
    assert all(span.low is None for span in found.values())


# ------------------------------------------------------------------------------------------------------ evaluate


def table(n: int = 400) -> pd.DataFrame:
    drawn = random_rows(20, n)
    return drawn.frame(sex=np.where(np.arange(n) % 3 == 0, "F", "M"), patient=np.arange(n) // 5)


def test_evaluation_carries_intervals_when_asked() -> None:
    predictions = mc.read(table(), y_true="y_true", y_score="y_score")
    plain = mc.evaluate(predictions, by=["sex"])
    found = mc.evaluate(predictions, by=["sex"], k=[10], intervals=True, level=0.9, seed=5, replicates=200)
    assert plain.intervals == {}
    assert not {"intervals", "seed", "replicates"} & plain.to_dict().keys()
    assert "intervals" not in plain.to_dict()["by"][0]
    written = found.to_dict()
    assert (written["seed"], written["replicates"]) == (5, 200)
    assert written["intervals"].keys() == written["metrics"].keys()
    assert set(written["intervals"]["recall"]) == {"low", "high", "level", "method"}
    assert written["intervals"]["recall"]["level"] == 0.9
    assert written["intervals"]["hinge_loss"] == {
        "low": None, "high": None, "level": 0.9, "method": "bootstrap", "reason": "the scores are not margins",
    }  # fmt: skip
    for group in written["by"]:
        span = group["intervals"]["recall"]
        assert span["low"] < group["metrics"]["recall"] < span["high"]
    whole, smaller = written["intervals"]["roc_auc"], written["by"][0]["intervals"]["roc_auc"]
    assert smaller["high"] - smaller["low"] > whole["high"] - whole["low"]


def test_frame_has_the_ends_when_asked() -> None:
    predictions = mc.read(table(), y_true="y_true", y_score="y_score")
    assert "low" not in mc.evaluate(predictions).frame()
    frame = mc.evaluate(predictions, by=["sex"], intervals=True, replicates=100).frame()
    recall = frame[frame.key == "recall"]
    assert len(recall) == 3
    assert ((recall.low < recall.value) & (recall.value < recall.high)).all()
    assert isnan(frame[frame.key == "hinge_loss"].low.iloc[0])


def test_group_column_makes_every_interval_a_group_bootstrap() -> None:
    predictions = mc.read(table(), y_true="y_true", y_score="y_score", group="patient")
    found = mc.evaluate(predictions, intervals=True, replicates=200)
    assert {span.method for span in found.intervals.values()} == {"group_bootstrap"}
    assert "few-groups" not in {f.id for f in found.findings}


def test_few_groups_come_with_a_warning() -> None:
    predictions = mc.read(table(60), y_true="y_true", y_score="y_score", group="patient")
    found = mc.evaluate(predictions, intervals=True, replicates=200)
    texts = {f.id: f.text for f in found.findings}
    assert texts["few-groups"].startswith("The rows belong together in 12 groups by 'patient'")
    assert "few-groups" not in {f.id for f in mc.evaluate(predictions).findings}


def test_column_called_group_with_few_values_is_a_slice() -> None:
    frame = table().assign(group=["a", "b"] * 200)
    assert mc.read(frame).roles.group is None
    assert mc.read(table().rename(columns={"patient": "group"})).roles.group == "group"


@pytest.mark.parametrize(
    ("settings", "text"),
    [({"level": 95}, "fraction between 0 and 1, such as 0.95, not 95"), ({"replicates": 10}, "10 replicates are too few")],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any], text: str) -> None:
    predictions = mc.read(table(), y_true="y_true", y_score="y_score")
    with pytest.raises(mc.DataError, match=text):
        mc.evaluate(predictions, intervals=True, **settings)


def test_importing_the_core_leaves_the_slow_libraries_alone() -> None:
    code = "import sys, metrics_core; print({'scipy', 'sklearn', 'pandas'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"  # fmt: skip


def test_documentation_names_the_method_of_every_metric() -> None:
    written: dict[str, set[str]] = {}
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        if line.startswith("| `"):
            methods, metrics = (set(re.findall(r"`([^`]+)`", cell)) for cell in line.split("|")[1:3])
            for method in methods:
                written.setdefault(method, set()).update(metrics)
    for spec in REGISTRY.values():
        assert spec.key in written[spec.interval], spec.key


def test_examples_of_the_documentation_run() -> None:
    result = doctest.testfile(str(DOCUMENT), module_relative=False, encoding="utf-8")
    assert result.attempted > 3
    assert result.failed == 0
