"""What a search refuses, how it is watched, and what it returns."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import metrics_core as mc
from metrics_core.discovery import discover
from metrics_core.errors import DataError
from metrics_core.source import Cancelled
from tests.searched import by_hand, found, planted, scored


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"depth": 4}, "join 1 to 3"),
        ({"min_support": 0}, "least support"),
        ({"score": "zz"}, "no score 'zz'"),
        ({"correction": "bonf"}, "no correction"),
        ({"loss": "erorr"}, "Did you mean 'error'"),
        ({"loss": "log_loss"}, "no log loss"),
        ({"loss": "amount"}, "--amount"),
        ({"loss": "abs_error"}, "numbers that were predicted"),
        ({"confirm": "third"}, "'half', 'split'"),
        ({"confirm": "split"}, "no split column"),
        ({"columns": ["devise"]}, "Did you mean 'device'"),
        ({"columns": []}, "no column to look"),
        ({"bins": 1}, "2 to 40"),
        ({"limit": 0}, "At least one"),
        ({"threshold": 0.5}, "needs a score"),
        ({"where": "age > 200"}, "No row that can be judged passes"),
        ({"model": "other"}, "no model"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError, match=said):
        found(planted(n=200), **asked)


def test_scores_that_are_no_probabilities_have_no_log_loss() -> None:
    frame = scored(500).assign(p=lambda f: 10 * f["p"])
    with pytest.raises(DataError, match="no probabilities"):
        found(frame, {"y_pred": None, "y_score": "p", "score_kind": "score"}, loss="log_loss")


def test_progress_rises_to_one_and_a_second_call_does_nothing_again() -> None:
    predictions = mc.read(planted(), y_true="y", y_pred="said")
    seen: list[float] = []
    first = discover(predictions, depth=3, progress=seen.append)
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0.0, 1.0)
    assert discover(predictions, depth=3) is first
    assert discover(predictions, depth=2) is not first


@pytest.mark.parametrize("after", [0, 1, 3, 10])
def test_a_search_can_be_given_up(after: int) -> None:
    asked = iter(range(1000))
    with pytest.raises(Cancelled):
        discover(
            mc.read(planted(), y_true="y", y_pred="said"), depth=3, cancelled=lambda: next(asked) >= after
        )


def test_the_json_is_strict_and_keeps_to_the_contract() -> None:
    shown = json.loads(json.dumps(found(planted(), confirm="half").to_dict(), allow_nan=False))
    one = shown["slices"][0]
    assert one["where"] == [{"column": "device", "value": "web"}, {"column": "country", "value": "NL"}]
    for key in (
        "rows",
        "errors",
        "rate",
        "rest_rate",
        "difference",
        "interval",
        "z",
        "p",
        "q",
        "share_of_errors",
        "also",
    ):
        assert key in one
    assert isinstance(shown["tested"], int)
    assert all(isinstance(level, dict) for levels in one["also"] for level in levels)


def test_the_frame_has_a_row_for_each_slice() -> None:
    d = found(planted())
    frame = d.frame()
    assert frame["where"].tolist() == [one.where.text for one in d.slices]
    assert frame["q"].tolist() == [one.q for one in d.slices]


def test_the_call_is_reached_through_slices() -> None:
    assert mc.slices.discover is discover


@settings(max_examples=10)
@given(st.integers(0, 10_000))
def test_what_is_reported_is_what_brute_force_reports(seed: int) -> None:
    from scipy.stats import false_discovery_control, hypergeom

    rng = np.random.default_rng(seed)
    n = 600
    frame = pd.DataFrame({f"c{j}": rng.choice(list("abc"), n) for j in range(3)})
    wrong = rng.random(n) < np.where((frame["c0"] == "a") & (frame["c1"] == "b"), 0.6, 0.15)
    label = rng.integers(0, 2, n)
    d = found(
        frame.assign(y=label, said=label ^ wrong),
        columns=["c0", "c1", "c2"],
        depth=3,
        limit=50,
        min_support=20,
    )
    need, all_wrong = max(20, int(np.ceil(5 / wrong.mean() - 1e-9))), int(wrong.sum())
    names, p = [], []
    for name, (m, k) in by_hand(
        [frame[c].map("abc".index).to_numpy(np.int8) for c in frame], wrong, np.ones(n), 3, need
    ).items():
        names.append(" and ".join(f"c{c} == '{'abc'[v]}'" for c, v in name))
        p.append(hypergeom.sf(k - 1, n, all_wrong, m))
    q = dict(zip(names, false_discovery_control(p), strict=True))
    assert d.tested == len(names)
    assert d.n_clear == sum(x <= 0.05 for x in q.values())
    for one in d.slices:
        assert one.q == pytest.approx(q[one.where.text], rel=1e-6)
