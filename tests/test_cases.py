"""Judged rows: which rows of the file they are, what became of them, how wrong they are, and filters over them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import metrics_core as mc
from metrics_core.cases import OUTCOMES, BinaryCases
from tests.tables import Rows, merged, random_rows, rows, some_rows

N = 120
DRAWN = random_rows(1, N, levels=50)
FRAME = DRAWN.frame(
    id=[f"row {i}" for i in range(N)],
    w=np.random.default_rng(1).random(N),
    group=np.where(np.arange(N) % 3, "a", "b"),
    y_pred=(DRAWN.score > 0.45).astype(int),
)
FRAME.loc[[4, 50], "y_score"] = np.nan
FRAME.loc[7, "y_score"] = 1.4
LEFT_OUT = {4, 7, 50}


def judged(**options: Any) -> BinaryCases:
    return mc.read(FRAME, y_true="y_true", y_score="y_score", **options).judged()


# ------------------------------------------------------------------------------------------------ rows and outcomes


def test_cases_are_the_usable_rows_in_file_order() -> None:
    cases = judged()
    assert cases.rows.tolist() == [i for i in range(N) if i not in LEFT_OUT]
    np.testing.assert_array_equal(cases.score, FRAME["y_score"].to_numpy()[cases.rows])


def test_rows_left_out_keep_their_position_and_reason() -> None:
    cases = judged()
    assert {cases.reasons[c] for c in cases.dropped_code} == {"score missing", "score outside 0 to 1"}
    assert set(cases.dropped_rows.tolist()) == LEFT_OUT
    assert cases.dropped == {"label missing": 0, "score missing": 2, "score outside 0 to 1": 1}
    assert cases.rows_read == N


def test_row_that_lacks_several_things_is_counted_once() -> None:
    frame = pd.DataFrame({"y_true": [None, 1, 0], "y_score": [None, None, 0.5], "w": [1.0, 1.0, 1.0]})
    cases = mc.read(frame, weight="w").judged()
    assert cases.dropped == {"label missing": 1, "score missing": 1, "weight missing": 0}
    assert cases.rows_read == 3


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.46, 0.7, 1.0])
def test_each_outcome_leads_to_its_rows_in_the_file(threshold: float, tmp_path: Path) -> None:
    FRAME.to_parquet(tmp_path / "t.parquet", row_group_size=13)
    predictions = mc.read(tmp_path / "t.parquet", y_true="y_true", y_score="y_score")
    cases = predictions.judged()
    flagged, usable = FRAME["y_score"] >= threshold, ~FRAME.index.isin(LEFT_OUT)
    wanted = {
        "tp": flagged & (FRAME["y_true"] == 1),
        "fp": flagged & (FRAME["y_true"] == 0),
        "fn": ~flagged & (FRAME["y_true"] == 1),
        "tn": ~flagged & (FRAME["y_true"] == 0),
    }
    for code, name in enumerate(OUTCOMES):
        at = cases.rows[cases.outcome(threshold) == code]
        assert (
            predictions.source.rows(at, ["id"])["id"].to_pylist()
            == FRAME["id"][wanted[name] & usable].tolist()
        )


def test_score_equal_to_the_threshold_is_flagged() -> None:
    assert rows("+-", [0.5, np.nextafter(0.5, 0)]).cases().flagged(0.5).tolist() == [True, False]


def test_without_a_threshold_the_files_own_decision_counts() -> None:
    cases = judged(y_pred="y_pred")
    np.testing.assert_array_equal(cases.flagged(None), FRAME["y_pred"].to_numpy()[cases.rows] == 1)
    assert cases.flagged(0.0).all()


def test_without_threshold_and_decision_nothing_decides() -> None:
    with pytest.raises(ValueError, match=r"^neither a threshold nor a column of predicted labels decides$"):
        DRAWN.cases().flagged(None)


# ------------------------------------------------------------------------------------------------ loss


@pytest.mark.parametrize(
    ("kind", "key"), [("log_loss", "log_loss"), ("brier", "brier"), ("error", "error_rate")]
)
def test_mean_loss_of_the_rows_is_the_metric(kind: Any, key: str) -> None:
    drawn = random_rows(2, 100)
    found = mc.evaluate(mc.read(drawn.frame()), threshold=0.4).metrics[key]
    assert found == pytest.approx(float(drawn.cases().loss(kind, 0.4).mean()), abs=1e-12)


def test_log_loss_of_a_ruled_out_row_is_infinite() -> None:
    assert rows("+-+-", [0.0, 1.0, 1.0, 0.0]).cases().loss("log_loss").tolist() == [np.inf, np.inf, 0.0, 0.0]


@pytest.mark.parametrize("kind", ["log_loss", "brier"])
def test_scores_that_are_no_probabilities_have_no_such_loss(kind: Any) -> None:
    with pytest.raises(ValueError, match=r"^log loss and Brier score need probabilities$"):
        DRAWN.as_margins().cases(margin=True).loss(kind)


def test_wrongness_orders_probabilities_by_log_loss() -> None:
    cases = rows("+-+-", [0.9, 0.8, 0.3, 0.15]).cases()
    assert np.argsort(-cases.wrongness(0.5)).tolist() == [1, 2, 3, 0]


def test_wrongness_of_margins_is_the_distance_beyond_the_threshold() -> None:
    cases = rows("+-+-", [2.0, 3.0, -4.0, -1.0]).cases(margin=True)
    assert cases.wrongness(1.0).tolist() == [-1.0, 2.0, 5.0, -2.0]


def test_wrongness_of_bare_decisions_is_their_error() -> None:
    predictions = mc.read(FRAME[["y_true", "y_pred"]])
    cases = predictions.judged()
    np.testing.assert_array_equal(cases.wrongness(None), (FRAME["y_true"] != FRAME["y_pred"]).astype(float))


@given(drawn=some_rows(weighted=False))
def test_no_wrong_row_is_less_wrong_than_a_right_one_at_one_half(drawn: Rows) -> None:
    cases = drawn.cases()
    wrong = cases.outcome(0.5)
    worst_right = cases.wrongness(0.5)[(wrong == 0) | (wrong == 3)]
    best_wrong = cases.wrongness(0.5)[(wrong == 1) | (wrong == 2)]
    if worst_right.size and best_wrong.size:
        assert worst_right.max() <= best_wrong.min()


# ------------------------------------------------------------------------------------------------ where and at

FILTERS = {
    "group == 'a'": lambda f: f["group"] == "a",
    "y_score >= 0.5": lambda f: f["y_score"] >= 0.5,
    "y_score is missing": lambda f: f["y_score"].isna(),
    "group in ('b') and w < 0.5": lambda f: (f["group"] == "b") & (f["w"] < 0.5),
    "not (y_true == 1 or id contains '1')": lambda f: ~((f["y_true"] == 1) | f["id"].str.contains("1")),
}


@pytest.mark.parametrize("text", FILTERS)
def test_filter_keeps_the_rows_that_pandas_keeps(text: str) -> None:
    predictions = mc.read(FRAME, y_true="y_true", y_score="y_score")
    kept = FILTERS[text](FRAME).to_numpy(dtype=bool)
    cases = predictions.judged(where=text)
    assert cases.rows.tolist() == [i for i in np.flatnonzero(kept) if i not in LEFT_OUT]
    assert set(cases.dropped_rows.tolist()) == {i for i in np.flatnonzero(kept) if i in LEFT_OUT}
    assert cases.rows_read == kept.sum()


def test_filtered_rows_keep_score_decision_and_weight_together() -> None:
    predictions = mc.read(FRAME, y_true="y_true", y_score="y_score", y_pred="y_pred", weight="w")
    cases = predictions.judged(where="group == 'b'")
    part = FRAME.iloc[cases.rows]
    np.testing.assert_array_equal(cases.positive, part["y_true"] == 1)
    np.testing.assert_array_equal(cases.score, part["y_score"])
    np.testing.assert_array_equal(cases.predicted, part["y_pred"] == 1)
    np.testing.assert_array_equal(cases.weight, part["w"])


@given(drawn=some_rows(), mask=st.lists(st.booleans(), min_size=25, max_size=25))
def test_rows_of_a_filter_and_of_its_opposite_are_all_rows(drawn: Rows, mask: list[bool]) -> None:
    chosen = np.array(mask[: len(drawn)])
    cases = drawn.cases()
    yes, no = cases.where(chosen), cases.where(~chosen)
    assert sorted([*yes.rows, *no.rows]) == list(range(len(drawn)))
    both = merged(Rows(yes.positive, np.asarray(yes.score), yes.weight).tally(), Rows(no.positive, np.asarray(no.score), no.weight).tally())  # fmt: skip
    np.testing.assert_allclose(both.pos, drawn.tally().pos)
    np.testing.assert_allclose(both.neg, drawn.tally().neg)


def test_cases_can_be_taken_by_mask_or_position() -> None:
    cases = judged()
    by_mask = cases.at(cases.positive)
    by_position = cases.at(np.flatnonzero(cases.positive))
    np.testing.assert_array_equal(by_mask.rows, by_position.rows)
    assert by_mask.positive.all()
    assert by_mask.rows_read == len(by_mask)


def test_filter_does_not_change_the_cases_it_came_from() -> None:
    cases = judged()
    before = cases.rows.copy()
    cases.where(np.zeros(N, dtype=bool))
    np.testing.assert_array_equal(cases.rows, before)


def test_effective_rows_follow_kish_for_sampling_weights() -> None:
    weight = [1.0, 1.0, 2.0, 4.0]
    cases = rows("+-+-", [0.1, 0.2, 0.3, 0.4], weight).cases()
    assert cases.effective_n == pytest.approx(8**2 / 22)
    assert rows("+-", [0.1, 0.2]).cases().effective_n == 2


def test_filter_that_no_row_passes_says_so() -> None:
    predictions = mc.read(FRAME, y_true="y_true", y_score="y_score")
    with pytest.raises(mc.DataError) as caught:
        mc.evaluate(predictions, where="group == 'c'")
    assert str(caught.value) == "No row that can be judged passes the filter group == 'c'. Widen it."


def test_filter_by_an_unknown_column_names_the_near_miss() -> None:
    predictions = mc.read(FRAME, y_true="y_true", y_score="y_score")
    with pytest.raises(mc.DataError, match=r"Did you mean 'group'\?"):
        predictions.judged(where="grup == 'a'")


def test_every_model_has_its_own_usable_rows() -> None:
    both = mc.read(
        FRAME.assign(other=pd.Series(DRAWN.score).mask(np.arange(N) < 10)), y_score=["y_score", "other"]
    )
    assert both.judged("y_score").dropped["score missing"] == 2
    assert both.judged("other").dropped["score missing"] == 10
