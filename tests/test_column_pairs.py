"""Two columns against each other, counted the slow way."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import metrics_core as mc
from demo_data import demo
from metrics_core.column_pairs import column_pair
from metrics_core.differences import benjamini_hochberg, newcombe, same_rate_p
from metrics_core.errors import DataError
from metrics_core.grouping import grouping
from metrics_core.rate_interval import wilson
from metrics_core.row_losses import row_loss


@pytest.fixture(scope="module")
def fraud():
    found = demo("fraud")
    predictions = mc.read(str(found.path), **found.roles)
    frame = pd.read_parquet(found.path)
    wrong = (frame["is_fraud"] == 1) != (frame["score"] >= 0.25)
    return predictions, frame.assign(wrong=wrong)


@pytest.fixture(scope="module")
def pair(fraud):
    predictions, _ = fraud
    source = predictions.source
    return column_pair(
        grouping(source, "merchant_type"),
        grouping(source, "country"),
        row_loss(predictions.judged(), "error", 0.25),
    )


def test_each_cell_is_a_direct_count(fraud, pair):
    _, frame = fraud
    first, second = pair.names()
    country = frame["country"].fillna("(missing)")
    p = []
    for i, a in enumerate(first):
        for j, b in enumerate(second):
            inside = ((frame["merchant_type"] == a) & (country == b)).to_numpy()
            k, n = frame["wrong"][inside].sum(), inside.sum()
            others, m = frame["wrong"][~inside].sum(), (~inside).sum()
            assert pair.rows[i, j] == n
            assert pair.value[i, j] == pytest.approx(k / n, nan_ok=True)
            assert (pair.low[i, j], pair.high[i, j]) == pytest.approx(
                [float(x) for x in wilson(k, n)], nan_ok=True
            )
            low, _ = newcombe(k, n, others, m)
            assert pair.difference[i, j] >= float(low) or n == 0
            p.append(float(same_rate_p(k, n, others, m)) if n >= 30 else np.nan)
    assert pair.q.ravel() == pytest.approx(benjamini_hochberg(p), nan_ok=True)
    assert pair.n_tested == np.count_nonzero(~np.isnan(p))


def test_the_filter_of_a_cell_leads_to_its_rows(fraud, pair):
    predictions, _ = fraud
    for i, j in ((0, 0), (2, 3), (5, len(pair.columns_of) - 1)):
        where = pair.where(i, j)
        assert np.count_nonzero(predictions.mask(where)) == pair.rows[i, j]


def test_a_pair_without_rows_is_blank():
    frame = pd.DataFrame({"y": [1, 0] * 30, "said": [1, 1] * 30, "a": ["x", "y"] * 30, "b": ["u", "v"] * 30})
    p = mc.read(frame, y_true="y", y_pred="said")
    pair = column_pair(grouping(p.source, "a"), grouping(p.source, "b"), row_loss(p.judged()))
    assert pair.rows.tolist() == [[30, 0], [0, 30]]
    assert np.isnan(pair.value[0, 1])
    assert len(pair.frame()) == 2


def test_groups_beyond_the_largest_are_together_and_have_no_filter():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "y": rng.integers(0, 2, 4000),
            "said": 1,
            "a": rng.integers(0, 30, 4000).astype(str),
            "b": ["u", "v"] * 2000,
        }
    )
    p = mc.read(frame.astype({"a": "str"}), y_true="y", y_pred="said", slices=["a", "b"])
    pair = column_pair(grouping(p.source, "b"), grouping(p.source, "a"), row_loss(p.judged()), most=4)
    assert pair.rows.shape[1] == 5
    assert pair.columns_of[-1] is None
    assert pair.where(0, 4) is None
    assert np.isnan(pair.q[:, 4]).all()
    assert pair.rows.sum() == 4000


def test_a_column_is_not_set_against_itself(fraud):
    predictions, _ = fraud
    one = grouping(predictions.source, "device")
    with pytest.raises(DataError, match="cannot be set against itself"):
        column_pair(one, one, row_loss(predictions.judged(), "error", 0.25))
