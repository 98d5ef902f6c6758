"""The slices of tables that are wide, empty, all alike, or tiny: numbers or a stated reason, and no warning."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

import metrics_core as mc
from metrics_core.column_importance import column_importance
from metrics_core.column_pairs import column_pair
from metrics_core.derived import derivable, grouping_of
from metrics_core.discovery.columns import usual_columns
from metrics_core.error_tree import error_tree
from metrics_core.group_rates import group_rates
from metrics_core.grouping import grouping
from metrics_core.row_losses import row_loss
from metrics_core.slice_table import MAX_SLICES, slice_table

N = 3000
#: Columns that hold nothing to compare, or next to nothing.
ODD = (
    "null",
    "no text",
    "no number",
    "nan",
    "one",
    "zero",
    "blank",
    "row",
    "name",
    "pairs",
    "infinite",
    "few",
)


def table(n: int = N, **columns: object) -> mc.Predictions:
    rng = np.random.default_rng(3)
    truth = rng.random(n) < 0.3
    score = np.clip(0.3 * truth + rng.random(n) * 0.7, 0, 1)
    return mc.read(pa.table({"truth": truth.astype(int), "score": score, **columns}), y_true="truth", y_score="score", pos_label="1", task="binary")  # fmt: skip


@pytest.fixture(scope="module")
def odd() -> mc.Predictions:
    rng = np.random.default_rng(4)
    return table(
        **{
            "null": pa.nulls(N),
            "no text": pa.nulls(N, pa.string()),
            "no number": pa.nulls(N, pa.float64()),
            "no time": pa.nulls(N, pa.timestamp("us")),
            "nan": np.full(N, np.nan),
            "one": ["x"] * N,
            "zero": np.zeros(N),
            "blank": [""] * N,
            "row": np.arange(N),
            "name": [f"u{i}" for i in range(N)],
            "pairs": [f"u{i // 2}" for i in range(N)],
            "infinite": rng.choice([np.inf, -np.inf, 0.0], N),
            "few": np.where(np.arange(N) % 1000 == 0, 1.0, np.nan),
            "shop": rng.choice(["a", "b"], N),
        }
    )


@pytest.fixture(scope="module")
def wide() -> mc.Predictions:
    rng = np.random.default_rng(5)
    numbers = {f"n{j}": rng.normal(size=N) for j in range(120)}
    texts = {f"t{j}": rng.choice([f"v{k}" for k in range(2 + j % 9)], N) for j in range(80)}
    return table(**numbers, **texts)


def names(predictions: mc.Predictions) -> list[str]:
    return [c for c in predictions.source.names if c not in ("truth", "score")]


@pytest.mark.parametrize("column", ODD)
def test_a_column_without_groups_is_searched_or_left_out_with_a_reason(odd, column):
    found = mc.slices.discover(odd, columns=[column, "shop"], threshold=0.5)
    assert "shop" in found.columns
    reasons = dict(found.left_out)
    assert (column in found.columns) != (column in reasons)
    assert column in found.columns or reasons[column]


@pytest.mark.parametrize("column", ODD)
def test_a_tree_over_a_column_without_groups_does_not_split_on_chance(odd, column):
    tree = error_tree(odd.source, row_loss(odd.judged(), "error", 0.5), [column])
    assert not any(leaf.clear for leaf in tree.leaves if leaf.path)


@pytest.mark.parametrize("column", ODD)
def test_a_second_model_learns_nothing_from_a_column_without_groups(odd, column):
    found = column_importance(odd.source, row_loss(odd.judged(), "error", 0.5), [column])
    assert found.why == "Errors are not predictable from these columns, so there is nothing to rank."
    assert found.quality == pytest.approx(0.5, abs=0.05)


def test_empty_and_infinite_columns_do_not_hide_the_one_that_matters():
    rng = np.random.default_rng(6)
    truth, shop = rng.integers(0, 2, N), rng.choice(["a", "b"], N)
    said = truth ^ (rng.random(N) < np.where(shop == "b", 0.6, 0.1))
    columns = {"nan": np.full(N, np.nan), "infinite": rng.choice([np.inf, -np.inf], N), "shop": shop}
    predictions = mc.read(pa.table({"truth": truth, "said": said, **columns}), y_true="truth", y_pred="said", pos_label="1")  # fmt: skip
    found = column_importance(predictions.source, row_loss(predictions.judged(), "error"), list(columns))
    assert not found.why
    assert [one.columns for one in found.importances if one.matters] == [("shop",)]


@pytest.mark.parametrize("column", ODD)
def test_two_columns_of_which_one_has_no_groups_are_counted(odd, column):
    pair = column_pair(grouping(odd.source, column), grouping(odd.source, "shop"), row_loss(odd.judged(), "error", 0.5))  # fmt: skip
    assert pair.rows.sum() == N


@pytest.mark.parametrize("column", ODD)
def test_the_rates_of_a_column_without_groups_have_no_clear_gap(odd, column):
    found = group_rates(odd.judged(), grouping(odd.source, column), threshold=0.5)
    assert sum(one.clear for one in found.of("recall")) == 0


def test_what_is_derived_of_empty_columns_is_one_group(odd):
    for column in ("null", "no text", "no number", "no time", "nan"):
        for what in derivable(odd.source, column):
            assert len(grouping_of(odd.source, what.name).levels) == 1, what.name


def test_a_wide_table_is_searched_over_its_first_columns_and_names_the_rest(wide):
    found = mc.slices.discover(wide, threshold=0.5)
    assert len(found.columns) == len(usual_columns(wide)) == 20
    reasons = dict(found.left_out)
    assert len(reasons) == 101
    assert "82 more" in reasons
    assert reasons["n0"] == "it has not the role of a slice; name it to search it"


def test_every_column_of_a_wide_table_can_be_named_and_the_clearest_are_joined(wide):
    found = mc.slices.discover(wide, columns=names(wide), depth=3, threshold=0.5)
    assert len(found.columns) == 20
    assert len(found.left_out) == 180
    assert found.tested > 0


def test_more_slices_than_a_table_holds_are_refused_with_their_number(wide):
    groupings = [grouping_of(wide.source, column) for column in names(wide)]
    several = sum(len(one.levels) for one in groupings)
    assert several > MAX_SLICES
    with pytest.raises(mc.DataError, match=f"{several:,} slices; at most {MAX_SLICES:,}"):
        slice_table(wide, groupings, metrics=["error_rate"], threshold=0.5)


def test_a_tree_over_two_hundred_columns_of_noise_has_no_clear_leaf(wide):
    tree = error_tree(wide.source, row_loss(wide.judged(), "error", 0.5), names(wide))
    assert not any(leaf.clear for leaf in tree.leaves if leaf.path)


@pytest.mark.parametrize("n", [1, 2, 5, 40])
def test_a_handful_of_rows_gives_numbers_but_no_verdict(n):
    tiny = table(n, shop=(["a", "b"] * n)[:n], size=np.arange(n) % 3)
    loss = row_loss(tiny.judged(), "error", 0.5)
    assert len(error_tree(tiny.source, loss, ["shop", "size"]).nodes) == 1
    assert column_importance(tiny.source, loss, ["shop", "size"]).why
    groupings = [grouping(tiny.source, "shop"), grouping(tiny.source, "size")]
    assert column_pair(*groupings, loss).n_tested == 0
    assert slice_table(tiny, groupings, metrics=["error_rate"], threshold=0.5).tested == 0
    if n > 2:
        assert mc.slices.discover(tiny, columns=["shop", "size"], threshold=0.5).tested == 0


def test_slices_that_are_all_too_small_are_not_said_to_be_alike():
    tiny = table(40, shop=["a", "b"] * 20)
    found = mc.slices.discover(tiny, columns=["shop"], threshold=0.5)
    assert found.tested == 0
    assert (
        found.summary == f"No slice of 1 column could be tested: each needs at least {found.min_rows} rows."
    )


def test_a_slice_over_no_column_at_all_says_which_columns_there_are():
    with pytest.raises(mc.DataError, match="There is no column to look for slices in"):
        mc.slices.discover(table(200, one=["x"] * 200), threshold=0.5)
