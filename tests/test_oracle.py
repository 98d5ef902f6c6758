"""Every binary metric against scikit-learn, scipy or the definition counted row by row."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from math import pi, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics as sk
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import ks_2samp

import metrics_core as mc
from metrics_core import REGISTRY
from tests.tables import K, Rows, random_rows, rows, value

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "metrics.md"
Array = NDArray[Any]
Oracle = Callable[[Array, Array, Array, Array], float]


def of_decisions(metric: Callable[..., Any], **options: Any) -> Oracle:
    """Make an oracle of a scikit-learn metric that takes predicted labels."""
    return lambda y, score, flagged, w: float(metric(y, flagged, sample_weight=w, **options))


def of_scores(metric: Callable[..., Any], **options: Any) -> Oracle:
    """Make an oracle of a scikit-learn metric that takes scores."""
    return lambda y, score, flagged, w: float(metric(y, score, sample_weight=w, **options))


def likelihood_ratio(which: int) -> Oracle:
    return lambda y, score, flagged, w: float(sk.class_likelihood_ratios(y, flagged, sample_weight=w)[which])


def pr_auc(y: Array, score: Array, flagged: Array, w: Array) -> float:
    precision, recall, _ = sk.precision_recall_curve(y, score, sample_weight=w)
    return float(sk.auc(recall, precision))


def ks(y: Array, score: Array, flagged: Array, w: Array) -> float:
    """Scipy has no weights, but whole weights are repeated rows: quarters are enough here."""
    times = np.round(4 * w).astype(int)
    y, score = np.repeat(y, times), np.repeat(score, times)
    return float(ks_2samp(score[y == 1], score[y == 0]).statistic)


def log_loss(y: Array, score: Array, flagged: Array, w: Array) -> float:
    """Without clipping; the rows of these tests are never ruled out."""
    with np.errstate(divide="ignore"):
        return float(np.average(-np.log(np.where(y == 1, score, 1 - score)), weights=w))


def net_benefit(y: Array, score: Array, flagged: Array, w: Array) -> float:
    gain = np.where(flagged == 1, np.where(y == 1, 1.0, -1.0 * 0.5 / (1 - 0.5)), 0.0)
    return float(np.average(gain, weights=w))


def calibration_bins(y: Array, score: Array, w: Array) -> list[tuple[float, float]]:
    """Weight and distance of each of 15 bins (a, b]; the first holds 0 too."""
    bins = []
    for i in range(15):
        inside = (score > i / 15) & (score <= (i + 1) / 15) | ((score == 0) & (i == 0))
        if w[inside].sum() > 0:
            apart = np.average(y[inside], weights=w[inside]) - np.average(score[inside], weights=w[inside])
            bins.append((float(w[inside].sum()), abs(float(apart))))
    return bins


def ece(y: Array, score: Array, flagged: Array, w: Array) -> float:
    return sum(n * apart for n, apart in calibration_bins(y, score, w)) / float(w.sum())


def mce(y: Array, score: Array, flagged: Array, w: Array) -> float:
    return max(apart for _, apart in calibration_bins(y, score, w))


def found_at_k(y: Array, score: Array, w: Array) -> Fraction:
    """Positives among the K highest scores, each row of a tie at the cut with the same chance."""
    left, found = Fraction(K), Fraction(0)
    for cut in sorted(set(score.tolist()), reverse=True):
        tied = score == cut
        n = Fraction(float(w[tied].sum()))
        taken = min(left, n)
        found += taken * Fraction(float(w[tied & (y == 1)].sum())) / n
        left -= taken
        if not left:
            break
    return found


#: scikit-learn takes -1 and 1 for margins; the tally of a margin metric holds the scores stretched to -3 to 3.
ORACLES: dict[str, Oracle] = {
    "accuracy": of_decisions(sk.accuracy_score),
    "error_rate": of_decisions(sk.zero_one_loss),
    "balanced_accuracy": of_decisions(sk.balanced_accuracy_score),
    "precision": of_decisions(sk.precision_score),
    "recall": of_decisions(sk.recall_score),
    "specificity": of_decisions(sk.recall_score, pos_label=0),
    "npv": of_decisions(sk.precision_score, pos_label=0),
    "fpr": lambda y, score, flagged, w: 1 - float(sk.recall_score(y, flagged, pos_label=0, sample_weight=w)),
    "fnr": lambda y, score, flagged, w: 1 - float(sk.recall_score(y, flagged, sample_weight=w)),
    "f1": of_decisions(sk.f1_score),
    "f2": of_decisions(sk.fbeta_score, beta=2),
    "f0_5": of_decisions(sk.fbeta_score, beta=0.5),
    "mcc": of_decisions(sk.matthews_corrcoef),
    "cohen_kappa": of_decisions(sk.cohen_kappa_score),
    "jaccard": of_decisions(sk.jaccard_score),
    "youden_j": of_decisions(sk.balanced_accuracy_score, adjusted=True),
    "lr_positive": likelihood_ratio(0),
    "lr_negative": likelihood_ratio(1),
    "prevalence": lambda y, score, flagged, w: float(np.average(y, weights=w)),
    "net_benefit": net_benefit,
    "roc_auc": of_scores(sk.roc_auc_score),
    "pr_auc": pr_auc,
    "average_precision": of_scores(sk.average_precision_score),
    "ks": ks,
    "gini": lambda y, score, flagged, w: 2 * float(sk.roc_auc_score(y, score, sample_weight=w)) - 1,
    "log_loss": log_loss,
    "log_loss_clipped": of_scores(sk.log_loss),
    "brier": of_scores(sk.brier_score_loss),
    "brier_skill": of_scores(sk.d2_brier_score),
    "ece": ece,
    "mce": mce,
    "precision@k": lambda y, score, flagged, w: float(found_at_k(y, score, w) / K),
    "recall@k": lambda y, score, flagged, w: float(found_at_k(y, score, w)) / float(w[y == 1].sum()),
    "hinge_loss": lambda y, score, flagged, w: float(
        sk.hinge_loss(2 * y - 1, 6 * score - 3, sample_weight=w)
    ),
}
#: No library computes these as a number to nine digits; they have a test of their own below.
OTHERWISE = {"smooth_ece"}
TABLES = {
    "ties": random_rows(10, levels=20),
    "ties, weighted": random_rows(11, levels=20, weighted=True),
    "hardly any ties": random_rows(12),
    "hardly any ties, weighted": random_rows(13, weighted=True),
    "rare positives": random_rows(14, 2000, share=0.01),
    "7 rows": rows("+--+++-", [0.6, 0.2, 0.55, 0.9, 0.4, 0.8, 0.5]),
}


def expected(key: str, table: Rows) -> float:
    weight = np.ones(len(table)) if table.weight is None else table.weight
    return ORACLES[key](table.positive.astype(int), table.score, table.flagged.astype(int), weight)


def agree(found: float, wanted: float) -> None:
    assert found == pytest.approx(wanted, rel=1e-9, abs=1e-9)


@cache
def adult(path: Path, score: str) -> Rows:
    frame = pd.read_csv(path)
    return Rows(frame["y_true"].to_numpy() == 1, frame[score].to_numpy(dtype=float))


def test_every_metric_has_an_oracle() -> None:
    assert {key for task, key in REGISTRY if task == "binary"} == ORACLES.keys() | OTHERWISE


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("key", ORACLES)
def test_metric_equals_its_oracle(key: str, table: str) -> None:
    spec = REGISTRY["binary", key]
    agree(float(value(spec, TABLES[table].of(spec))), expected(key, TABLES[table]))


@pytest.mark.parametrize("score", ["y_score", "y_score_forest"])
def test_every_metric_of_the_adult_file_equals_its_oracle(
    shared_data: Callable[[str], Path], score: str
) -> None:
    path = shared_data("adult_income_binary.csv")
    found = mc.evaluate(mc.read(path, y_score=score), threshold=0.5, k=[K])
    table = adult(path, score)
    for key in ORACLES.keys() - {"hinge_loss"}:
        wanted, shown = expected(key, table), found.metrics[key.replace("@k", f"@{K}")]
        if np.isinf(wanted):
            assert (shown, found.undefined[key]) == (None, "infinite")
        else:
            assert shown is not None, key
            agree(shown, wanted)


def test_adult_file_gives_the_published_numbers(shared_data: Callable[[str], Path]) -> None:
    found = mc.evaluate(mc.read(shared_data("adult_income_binary.csv"), y_score="y_score"), threshold=0.5)
    assert round(found.metrics["roc_auc"] or 0, 6) == 0.905221
    assert round(found.metrics["accuracy"] or 0, 6) == 0.851975


@pytest.mark.parametrize("column", ["sex", "race"])
def test_every_group_of_the_adult_file_equals_scikit_learn(
    shared_data: Callable[[str], Path], column: str
) -> None:
    path = shared_data("adult_income_binary.csv")
    table, groups = adult(path, "y_score"), pd.read_csv(path)[column].to_numpy()
    shown = mc.evaluate(mc.read(path, y_score="y_score"), threshold=0.5, by=[column]).to_dict()["by"]
    assert {g["value"] for g in shown} == set(groups)
    for group in shown:
        part = table.at(groups == group["value"])
        assert group["rows"] == len(part)
        for key in ("accuracy", "precision", "mcc", "roc_auc", "average_precision", "brier", "ece"):
            if group["metrics"][key] is not None:
                agree(group["metrics"][key], expected(key, part))


@pytest.mark.parametrize("table", ["ties", "hardly any ties, weighted", "7 rows"])
def test_smooth_ece_solves_its_equation(table: str) -> None:
    """Solve it without a grid: every residual carries a Gaussian, mirrored at 0 and 1."""
    drawn = TABLES[table]
    weight = np.ones(len(drawn)) if drawn.weight is None else drawn.weight
    residual = weight * (drawn.positive - drawn.score) / weight.sum()
    t = (np.arange(4000) + 0.5) / 4000

    def smoothed(width: float) -> float:
        images = [sign * drawn.score + shift for sign in (1, -1) for shift in (-2, 0, 2)]
        density = sum(np.exp(-(((t[:, np.newaxis] - image) / width) ** 2) / 2) for image in images)
        return float(np.abs(density @ residual).mean()) / (width * sqrt(2 * pi))

    width = brentq(lambda s: smoothed(s) - s, 1e-3, 1)
    assert float(REGISTRY["binary", "smooth_ece"].fn(drawn.tally())) == pytest.approx(width, abs=2e-4)


def test_smooth_ece_agrees_with_the_authors_program() -> None:
    """Their relplot 1.0.3 says 0.1718 with its coarser mesh and ten halvings."""
    table = rows("-+-+-++++-", [0.1, 0.1, 0.3, 0.35, 0.5, 0.62, 0.62, 0.8, 0.9, 0.97])
    assert float(REGISTRY["binary", "smooth_ece"].fn(table.tally())) == pytest.approx(0.1718, abs=1.5e-3)


ALL_POSITIVE, ALL_NEGATIVE = rows("+++", [0.2, 0.6, 0.9]), rows("---", [0.2, 0.6, 0.9])
NONE_FLAGGED, ALL_FLAGGED = rows("+-", [0.2, 0.1]), rows("+-", [0.9, 0.8])
NOTHING_AT_ALL, PERFECT = rows("--", [0.1, 0.2]), rows("+-", [0.9, 0.1])
#: key, rows, what scikit-learn says and what we say there.
DIFFERENCES: list[tuple[str, Rows, float, float]] = [
    ("precision", NONE_FLAGGED, 0.0, np.nan),
    ("npv", ALL_FLAGGED, 0.0, np.nan),
    ("recall", ALL_NEGATIVE, 0.0, np.nan),
    ("specificity", ALL_POSITIVE, 0.0, np.nan),
    ("fpr", ALL_POSITIVE, 1.0, np.nan),
    ("fnr", ALL_NEGATIVE, 1.0, np.nan),
    ("f1", NOTHING_AT_ALL, 0.0, np.nan),
    ("f2", NOTHING_AT_ALL, 0.0, np.nan),
    ("f0_5", NOTHING_AT_ALL, 0.0, np.nan),
    ("jaccard", NOTHING_AT_ALL, 0.0, np.nan),
    ("mcc", ALL_FLAGGED, 0.0, np.nan),
    ("mcc", ALL_POSITIVE, 0.0, np.nan),
    ("balanced_accuracy", ALL_POSITIVE, 2 / 3, np.nan),
    ("average_precision", ALL_NEGATIVE, 0.0, np.nan),
    ("pr_auc", ALL_NEGATIVE, 0.5, np.nan),
    ("lr_positive", PERFECT, np.nan, np.inf),
    ("lr_negative", rows("+-", [0.1, 0.9]), np.nan, np.inf),
    ("brier_skill", ALL_POSITIVE, -np.inf, np.nan),
]  # fmt: skip


@pytest.mark.parametrize(
    ("key", "table", "theirs", "ours"),
    DIFFERENCES,
    ids=[f"{key}-{i}" for i, (key, *_) in enumerate(DIFFERENCES)],
)
def test_known_difference_from_scikit_learn(key: str, table: Rows, theirs: float, ours: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where it says a number
        assert expected(key, table) == pytest.approx(theirs, nan_ok=True)
    spec = REGISTRY["binary", key]
    assert float(value(spec, table.of(spec))) == pytest.approx(ours, nan_ok=True)


def test_log_loss_is_infinite_where_scikit_learn_clips() -> None:
    table = rows("+-", [0.0, 0.3])
    clipped = sk.log_loss([1, 0], table.score)
    assert float(REGISTRY["binary", "log_loss_clipped"].fn(table.tally())) == pytest.approx(
        clipped, rel=1e-12
    )
    assert float(REGISTRY["binary", "log_loss"].fn(table.tally())) == np.inf


def test_every_known_difference_stands_in_the_documentation() -> None:
    section = DOCUMENT.read_text(encoding="utf-8").split("## Where Faultline differs from scikit-learn")[1]
    section = re.split(r"^## ", section, flags=re.MULTILINE)[0]
    for key in {key for key, *_ in DIFFERENCES} | {"log_loss"}:
        assert f"`{key}`" in section, key
