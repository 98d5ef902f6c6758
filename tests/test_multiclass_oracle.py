"""Every multiclass metric against scikit-learn or the definition counted row by row."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache
from math import inf
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics as sk
from sklearn.exceptions import UndefinedMetricWarning

import metrics_core as mc
from metrics_core.classes import bounds_of_classes, classes_of
from metrics_core.metrics.registry import metrics_of
from metrics_core.reduce import tallies_of
from metrics_core.reduce.classes import confidence_tally, one_vs_rest
from metrics_core.values import compute
from tests.class_oracles import (
    ORACLES,
    Array,
    calibration_error,
    one_against_one,
    top,
)
from tests.class_tables import ClassRows, class_rows, random_classes


def absent_classes() -> ClassRows:
    """Six classes: 1 is never true but predicted, 3 never predicted, 5 neither."""
    drawn = random_classes(6, 200, 6)
    truth = np.where(np.isin(drawn.truth, [1, 5]), 2, drawn.truth).astype(np.int32)
    decided = np.where(np.isin(drawn.decided, [3, 5]), 0, drawn.decided).astype(np.int32)
    return ClassRows(truth, drawn.p, decided)


@cache
def news_from(path: str) -> ClassRows:
    frame = pd.read_csv(path)
    columns = [c for c in frame if c.startswith("proba_")]
    names = [c.removeprefix("proba_") for c in columns]
    codes = [frame[c].map(names.index).to_numpy(np.int32) for c in ("y_true", "y_pred")]
    return ClassRows(codes[0], frame[columns].to_numpy(), codes[1])


TABLES: dict[str, ClassRows] = {
    "5 classes": random_classes(1),
    "weighted": random_classes(2, weighted=True),
    "ties": random_classes(3, levels=6),
    "4 classes, 9 rows": random_classes(4, 9, 4),
    "one class at 1 %": random_classes(5, 600, 4, shares=[0.01, 0.4, 0.4, 0.19]),
    "absent classes": absent_classes(),
    "absent classes, weighted": absent_classes().weighted(np.random.default_rng(2).exponential(size=200)),
}


def expected(key: str, drawn: ClassRows) -> float:
    w = np.ones(len(drawn)) if drawn.weight is None else drawn.weight
    with warnings.catch_warnings():  # classes that are never true or predicted
        warnings.filterwarnings("ignore", category=UserWarning)
        warnings.filterwarnings("ignore", category=UndefinedMetricWarning)
        return ORACLES[key](drawn.truth, drawn.decided, drawn.p, w)


def ours(drawn: ClassRows, **options: Any) -> dict[str, float]:
    metrics = compute("multiclass", drawn.tallies(**options), k=[2])
    return {key.replace("@2", "@k"): inf if metrics.undefined.get(key) == "infinite" else metrics.number(key) for key in metrics.values}  # fmt: skip


def test_every_metric_has_an_oracle() -> None:
    assert set(ORACLES) == {spec.key for spec in metrics_of("multiclass")}


@pytest.mark.parametrize("table", TABLES)
def test_every_metric_equals_its_oracle(table: str) -> None:
    found = ours(TABLES[table])
    for key in ORACLES:
        assert found[key] == pytest.approx(expected(key, TABLES[table]), abs=1e-9), key


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_every_metric_of_the_newsgroups_equals_its_oracle(weighted: bool, shared_data: Any) -> None:
    drawn = news_from(str(shared_data("news20_multiclass.csv")))
    if weighted:  # what weights change shows on a third of the rows, with 80 and more of every class
        drawn = drawn.at(slice(0, None, 3))
        drawn = drawn.weighted(np.random.default_rng(1).exponential(size=len(drawn)))
    found = ours(drawn)
    for key in ORACLES:
        assert found[key] == pytest.approx(expected(key, drawn), abs=1e-9), key


def test_accuracy_of_the_newsgroups_is_the_published_one(shared_data: Any) -> None:
    evaluation = mc.evaluate(mc.read(shared_data("news20_multiclass.csv")))
    assert round(evaluation.metrics["accuracy"] or 0, 6) == 0.923394
    assert evaluation.models[0].exact


#: scikit-learn's own of all classes at once; it wants rows that add up to 1, and no class absent.
WHOLE: dict[str, Callable[[Array, Array], float]] = {
    "roc_auc_ovr_macro": lambda y, p: float(sk.roc_auc_score(y, p, multi_class="ovr")),
    "roc_auc_ovo_macro": lambda y, p: float(sk.roc_auc_score(y, p, multi_class="ovo")),
    "log_loss_clipped": lambda y, p: float(sk.log_loss(y, p)),
    "brier": lambda y, p: float(sk.brier_score_loss(y, p, labels=np.arange(p.shape[1]), scale_by_half=False)),
}


@pytest.mark.parametrize("key", WHOLE)
@pytest.mark.parametrize("table", ["5 classes", "4 classes, 9 rows", "one class at 1 %"])
def test_metric_of_all_classes_equals_scikit_learns_own(key: str, table: str) -> None:
    drawn = TABLES[table]
    assert ours(drawn)[key] == pytest.approx(WHOLE[key](drawn.truth, drawn.p), abs=1e-9)


def test_weighted_one_against_one_without_weights_is_scikit_learns() -> None:
    """Holds our loop to scikit-learn where that has an answer."""
    drawn = TABLES["5 classes"]
    w = np.ones(len(drawn))
    assert one_against_one(drawn.truth, drawn.decided, drawn.p, w) == pytest.approx(
        WHOLE["roc_auc_ovo_macro"](drawn.truth, drawn.p), abs=1e-12
    )


@pytest.mark.parametrize("k", range(1, 7))
@pytest.mark.parametrize("table", ["5 classes", "weighted", "ties"])
def test_top_k_accuracy_equals_scikit_learns_with_ties_as_it_breaks_them(table: str, k: int) -> None:
    drawn = TABLES[table]
    w = np.ones(len(drawn)) if drawn.weight is None else drawn.weight
    found = compute("multiclass", drawn.tallies(), k=[k]).values[f"top_k_accuracy@{k}"]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UndefinedMetricWarning)  # k of all classes is always 1
        assert found == pytest.approx(top(k)(drawn.truth, drawn.decided, drawn.p, w), abs=1e-12)


# ------------------------------------------------------------------------------------------------ one class


OF_CLASS: dict[str, Callable[[Array, Array, Array, Array], float]] = {
    "precision": lambda y, d, p, w: float(sk.precision_score(y, d, sample_weight=w, zero_division=np.nan)),
    "recall": lambda y, d, p, w: float(sk.recall_score(y, d, sample_weight=w, zero_division=np.nan)),
    "f1": lambda y, d, p, w: float(sk.f1_score(y, d, sample_weight=w, zero_division=np.nan)),
    "specificity": lambda y, d, p, w: float(sk.recall_score(~y, ~d, sample_weight=w, zero_division=np.nan)),
    "jaccard": lambda y, d, p, w: float(sk.jaccard_score(y, d, sample_weight=w)),
    "prevalence": lambda y, d, p, w: float(np.average(y, weights=w)),
    "accuracy": lambda y, d, p, w: float(sk.accuracy_score(y, d, sample_weight=w)),
    "roc_auc": lambda y, d, p, w: float(sk.roc_auc_score(y, p, sample_weight=w)),
    "average_precision": lambda y, d, p, w: float(sk.average_precision_score(y, p, sample_weight=w)),
    "brier": lambda y, d, p, w: float(sk.brier_score_loss(y, p, sample_weight=w)),
    "ece": lambda y, d, p, w: calibration_error(y, p, w),
}


@pytest.mark.parametrize("table", ["5 classes", "weighted", "ties", "one class at 1 %"])
def test_metrics_of_each_class_equal_scikit_learns_against_the_rest(table: str) -> None:
    drawn = TABLES[table]
    w = np.ones(len(drawn)) if drawn.weight is None else drawn.weight
    found = classes_of(drawn.cases(), drawn.tallies())
    assert [c.label for c in found] == list(drawn.labels)
    for code, of_class in enumerate(found):
        y, d, p = drawn.truth == code, drawn.decided == code, drawn.p[:, code]
        for key, oracle in OF_CLASS.items():
            assert of_class.metrics.number(key) == pytest.approx(oracle(y, d, p, w), abs=1e-9), (code, key)


def test_metrics_of_each_newsgroup_equal_scikit_learns_report(shared_data: Any) -> None:
    evaluation = mc.evaluate(mc.read(shared_data("news20_multiclass.csv")))
    frame = pd.read_csv(shared_data("news20_multiclass.csv"))
    report: Any = sk.classification_report(
        frame["y_true"], frame["y_pred"], output_dict=True, zero_division=np.nan
    )
    for found in evaluation.to_dict()["classes"]:
        theirs = report[found["label"]]
        assert found["support"] == theirs["support"]
        for ours_, name in (("precision", "precision"), ("recall", "recall"), ("f1", "f1-score")):
            assert found["metrics"][ours_] == pytest.approx(theirs[name], abs=1e-12)


@pytest.mark.parametrize("table", TABLES)
def test_means_over_classes_are_means_of_the_table_of_classes(table: str) -> None:
    drawn = TABLES[table]
    found, classes = ours(drawn), classes_of(drawn.cases(), drawn.tallies())
    for spec in metrics_of("multiclass"):
        if spec.mean_of:
            each = np.array([c.metrics.number(spec.mean_of) for c in classes])
            weight = (
                np.array([c.support for c in classes])
                if spec.key.endswith("_weighted")
                else np.ones(each.size)
            )
            known = ~np.isnan(each)
            assert found[spec.key] == pytest.approx(np.average(each[known], weights=weight[known]), abs=1e-12)


def test_class_that_is_never_true_or_never_predicted_has_no_recall_or_precision() -> None:
    drawn = absent_classes()
    found = classes_of(drawn.cases(), drawn.tallies())
    undefined = [set(c.metrics.undefined) & {"precision", "recall", "f1", "roc_auc"} for c in found]
    assert undefined == [
        set(),
        {"recall", "roc_auc"},
        set(),
        {"precision"},
        set(),
        {"precision", "recall", "f1", "roc_auc"},
    ]
    assert found[1].metrics.undefined["recall"] == "no row is positive"
    assert found[3].metrics.undefined["precision"] == "no row is predicted positive"


# ------------------------------------------------------------------------------------------------ bins and sparse pairs


def many_classes() -> ClassRows:
    """A thousand classes, most with a row or none, probabilities of every size."""
    rng = np.random.default_rng(7)
    truth = rng.integers(0, 1000, 700).astype(np.int32)
    logit = 2 * rng.normal(size=(700, 1000))
    logit[np.arange(700), truth] += 5
    p = np.exp(logit)
    return ClassRows(truth, p / p.sum(1, keepdims=True))


BINNED: dict[str, Callable[[], ClassRows]] = {
    "1000 classes": many_classes,
    "one class at 0.1 %": lambda: random_classes(8, 20_000, 4, shares=[0.001, 0.4, 0.4, 0.199]),
    "weighted": lambda: random_classes(9, 2000, 4, weighted=True),
    "ties": lambda: random_classes(10, 2000, 4, levels=30),
    "absent classes": absent_classes,
}


@cache
def binned(table: str) -> tuple[Any, Any]:
    cases = BINNED[table]().cases()
    of_bins = {type(t): t for t in (confidence_tally(cases, exact=False), one_vs_rest(cases, exact=False))}
    return of_bins, {
        type(t): t for t in (confidence_tally(cases, exact=True), one_vs_rest(cases, exact=True))
    }


@pytest.mark.parametrize("table", BINNED)
def test_exact_value_lies_within_the_bounds_of_the_bins(table: str) -> None:
    of_bins, exact = binned(table)
    bounds = bounds_of_classes(of_bins)
    assert set(bounds) == {"roc_auc_ovr_macro", "ece", "classwise_ece"}
    for spec in metrics_of("multiclass"):
        if spec.key in bounds:
            low, high = bounds[spec.key]
            assert low <= float(spec.fn(exact[spec.of])) <= high, spec.key
            assert low <= float(spec.fn(of_bins[spec.of])) <= high, spec.key
            assert high - low < 0.02, spec.key


def test_tallies_of_every_score_have_no_bounds() -> None:
    assert bounds_of_classes(binned("weighted")[1]) == {}


@pytest.mark.parametrize("table", BINNED)
def test_rows_in_the_bins_of_each_class_are_those_of_the_class(table: str) -> None:
    of_bins, exact = binned(table)
    for ours_, theirs in zip(
        *(next(t for t in x.values() if hasattr(t, "classes")).classes for x in (of_bins, exact)), strict=True
    ):
        assert float(ours_.n_pos) == pytest.approx(float(theirs.n_pos), rel=1e-12)
        assert float(ours_.n_neg) == pytest.approx(float(theirs.n_neg), rel=1e-12)


def test_bounds_stand_in_the_answer_when_many_probabilities_were_counted_in_bins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("metrics_core.reduce.classes.EXACT_SCORES", 100)
    predictions = mc.read(random_classes(11, 400, 4).frame(), y_true="y_true")
    found, exact = mc.evaluate(predictions).to_dict(), mc.evaluate(predictions, exact=True).to_dict()
    assert (found["exact"], exact["exact"]) == (False, True)
    assert "bounds" not in exact
    for key, (low, high) in found["bounds"].items():
        assert low <= exact["metrics"][key] <= high
    same = set(exact["metrics"]) - set(found["bounds"])
    assert {k: found["metrics"][k] for k in same} == {k: exact["metrics"][k] for k in same}


def test_more_than_fifty_classes_have_no_one_against_one() -> None:
    fifty, more = (random_classes(12, 300, k) for k in (50, 51))
    assert np.isfinite(ours(fifty)["roc_auc_ovo_macro"])
    assert np.isnan(ours(more)["roc_auc_ovo_macro"])


def test_probabilities_of_two_thousand_and_more_classes_are_judged_by_every_metric() -> None:
    drawn = random_classes(13, 40, 4)
    place = [3, 700, 1500, 2059]
    p = np.zeros((40, 2060))
    p[:, place] = drawn.p
    many = ClassRows(np.array(place, dtype=np.int32)[drawn.truth], p)
    few, found = ours(drawn), ours(many)
    for key in set(few) - {"roc_auc_ovo_macro", "classwise_ece"}:
        assert found[key] == pytest.approx(few[key], abs=1e-12), key
    assert found["classwise_ece"] == pytest.approx(few["classwise_ece"] * 4 / 2060, abs=1e-12)


# ------------------------------------------------------------------------------------------------ known differences


def test_correlation_of_one_class_is_undefined_where_scikit_learn_says_zero() -> None:
    drawn = class_rows("aaa", "aba")
    assert sk.matthews_corrcoef(drawn.truth, drawn.decided) == 0.0
    assert np.isnan(ours(drawn)["mcc"])


def test_log_loss_is_infinite_where_scikit_learn_clips() -> None:
    drawn = class_rows("abcd", "abca", [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [1, 0, 0, 0]])
    found = ours(drawn)
    assert found["log_loss"] == inf
    assert found["log_loss_clipped"] == pytest.approx(sk.log_loss(drawn.truth, drawn.p), rel=1e-12)


def test_class_without_a_metric_is_left_out_where_scikit_learn_counts_zero() -> None:
    drawn = class_rows("aabc", "aabb")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UndefinedMetricWarning)
        counted = sk.precision_score(drawn.truth, drawn.decided, average="macro")
    assert counted == pytest.approx(1.5 / 3)
    assert ours(drawn)["precision_macro"] == pytest.approx(1.5 / 2)


def test_left_out_classes_are_named_beside_the_mean() -> None:
    frame = pd.DataFrame({"y_true": list("aabc"), "y_pred": list("aabb")})
    assert mc.evaluate(mc.read(frame)).to_dict()["left_out"] == {
        "precision_macro": ["c"],
        "precision_weighted": ["c"],
    }


def test_tallies_of_counts_only_hold_no_probabilities() -> None:
    assert len(tallies_of(random_classes(1).cases(with_p=False))) == 1
