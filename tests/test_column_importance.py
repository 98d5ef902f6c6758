"""Which columns matter: a planted one comes first, and nothing is ranked where errors come by chance."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats
from sklearn.metrics import r2_score, roc_auc_score

from metrics_core.column_importance import _auc, _r2, column_importance
from metrics_core.column_links import column_links, families
from metrics_core.errors import DataError
from metrics_core.grouping import grouping
from metrics_core.row_losses import RowLoss
from metrics_core.source import open_source

COLUMNS = ["city", "age", "age_again", "noise"]


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    n = 3000
    age = rng.integers(18, 90, n)
    source = open_source(pa.table({
        "city": rng.choice(["Bonn", "Oslo", "Lima"], n), "age": age, "age_again": age + rng.normal(0, 1, n), "noise": rng.normal(size=n),
    }))  # fmt: skip
    return source, rng


def rate_loss(rate, rng, **more) -> RowLoss:
    wrong = (rng.random(len(rate)) < rate).astype(float)
    return RowLoss(loss=wrong, rows=np.arange(wrong.size), **more)


@pytest.fixture(scope="module")
def found(table):
    source, _ = table
    age = source.column("age").to_numpy()
    return column_importance(
        source, rate_loss(np.where(age > 70, 0.6, 0.05), np.random.default_rng(1)), COLUMNS, repeats=3
    )


def test_the_planted_column_comes_first_with_the_one_that_says_the_same(found):
    assert found.importances[0].columns == ("age", "age_again")
    assert found.importances[0].matters
    assert {one.columns for one in found.importances[1:]} == {("city",), ("noise",)}
    assert all(abs(one.drop) < 0.05 for one in found.importances[1:])


def test_the_quality_of_the_second_model_stands_beside_the_ranking(found):
    assert found.low < found.quality < found.high
    assert found.quality > 0.8
    assert found.why == ""


def test_each_column_alone_tells_the_same_story(found):
    assert found.links[0].column in ("age", "age_again")
    by_name = {link.column: link for link in found.links}
    assert by_name["age"].q < 1e-6
    assert by_name["noise"].q > 0.01


def test_nothing_is_ranked_where_errors_come_by_chance(table):
    source, _ = table
    noise = column_importance(
        source, rate_loss(np.full(3000, 0.2), np.random.default_rng(2)), COLUMNS, repeats=3
    )
    assert noise.importances == ()
    assert "not predictable" in noise.why
    assert noise.quality < 0.56
    assert len(noise.links) == 4


def test_a_size_of_error_is_ranked_by_r2(table):
    source, _ = table
    city = np.array(source.column("city").to_pylist())
    size = np.abs(np.random.default_rng(3).normal(0, np.where(city == "Lima", 5.0, 1.0)))
    loss = RowLoss(loss=size, rows=np.arange(3000), is_rate=False)
    found = column_importance(source, loss, COLUMNS, repeats=3)
    assert found.measure == "R²"
    assert found.importances[0].columns == ("city",)


def test_too_few_errors_give_a_reason_instead_of_a_ranking(table):
    source, _ = table
    wrong = np.zeros(3000)
    wrong[:7] = 1
    found = column_importance(source, RowLoss(loss=wrong, rows=np.arange(3000)), COLUMNS)
    assert np.isnan(found.quality)
    assert "only 7 errors" in found.why


def test_a_column_that_tells_groups_of_rows_apart_is_not_mistaken_for_one_that_tells_errors():
    rng = np.random.default_rng(4)
    unit = np.repeat(np.arange(60), 20)
    source = open_source(pa.table({"unit_size": rng.normal(size=60)[unit]}))
    wrong = (rng.random(1200) < rng.beta(0.4, 0.8, 60)[unit]).astype(float)
    apart = column_importance(source, RowLoss(loss=wrong, rows=np.arange(1200)), ["unit_size"], repeats=3)
    together = column_importance(
        source, RowLoss(loss=wrong, rows=np.arange(1200), together=unit), ["unit_size"], repeats=3
    )
    assert apart.why == ""
    assert "not predictable" in together.why


def test_no_column_is_refused(table):
    with pytest.raises(DataError, match="at least one column"):
        column_importance(table[0], RowLoss(loss=np.ones(3), rows=np.arange(3)), [])


def test_auc_and_r2_are_those_of_scikit_learn():
    rng = np.random.default_rng(5)
    wrong, said, weight = (
        (rng.random(300) < 0.3).astype(float),
        rng.integers(0, 20, 300) / 20,
        rng.uniform(0.5, 2, 300),
    )
    loss = RowLoss(loss=wrong, rows=np.arange(300), weight=weight)
    assert _auc(loss, said)[0] == pytest.approx(roc_auc_score(wrong, said, sample_weight=weight))
    assert _r2(loss, said)[0] == pytest.approx(r2_score(wrong, said, sample_weight=weight))


def test_the_influences_give_the_spread_of_the_auc_over_samples():
    rng = np.random.default_rng(6)
    wrong = (rng.random(400) < 0.3).astype(float)
    said = rng.normal(wrong, 1.0)
    loss = RowLoss(loss=wrong, rows=np.arange(400))
    _, influence = _auc(loss, said)
    drawn = []
    for _ in range(400):
        at = rng.integers(0, 400, 400)
        drawn.append(_auc(loss.at(at), said[at])[0])
    assert np.sqrt((influence**2).sum()) == pytest.approx(np.std(drawn), rel=0.15)


def test_the_chance_of_a_link_is_that_of_the_chi_square_test():
    rng = np.random.default_rng(7)
    for lift in (0.0, 0.03, 0.08):
        group = rng.integers(0, 5, 4000)
        wrong = (rng.random(4000) < 0.2 + lift * (group == 2)).astype(float)
        source = open_source(pa.table({"g": group.astype(str)}))
        (link,) = column_links([grouping(source, "g")], RowLoss(loss=wrong, rows=np.arange(4000)))
        table = np.array([np.bincount(group[wrong == x], minlength=5) for x in (0, 1)])
        expected = stats.chi2_contingency(table).pvalue
        assert np.log10(link.p) == pytest.approx(np.log10(expected), abs=0.2)


def test_links_of_noise_are_uniform_whatever_the_weights_and_groups_of_rows():
    rng = np.random.default_rng(8)
    p = {"plain": [], "weighted": [], "together": []}
    for _ in range(60):
        group, wrong, unit = (
            rng.integers(0, 4, 600),
            (rng.random(600) < 0.3).astype(float),
            np.repeat(np.arange(120), 5),
        )
        shared = (rng.random(120) < 0.3).astype(float)[unit]
        cut = [
            grouping(open_source(pa.table({"g": g.astype(str)})), "g")
            for g in (group, rng.integers(0, 4, 120)[unit])
        ]
        rows = np.arange(600)
        p["plain"].append(column_links(cut[:1], RowLoss(loss=wrong, rows=rows))[0].p)
        p["weighted"].append(
            column_links(cut[:1], RowLoss(loss=wrong, rows=rows, weight=rng.uniform(0.2, 3, 600)))[0].p
        )
        p["together"].append(column_links(cut[1:], RowLoss(loss=shared, rows=rows, together=unit))[0].p)
    for values in p.values():
        assert stats.kstest(values, "uniform").pvalue > 0.003


def test_families_join_what_says_the_same():
    rng = np.random.default_rng(9)
    x = rng.normal(size=800)
    cuts = np.digitize(x, [-1, 0, 1])
    values = np.column_stack([x, -(x**3), rng.normal(size=800), cuts, rng.integers(0, 3, 800), cuts])
    found = families(values, [None, None, None, cuts, values[:, 4].astype(int), cuts])
    assert found == [(0, 1, 3, 5), (2,), (4,)]
