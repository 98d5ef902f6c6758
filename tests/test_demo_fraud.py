"""The fraud demo: what its file holds, and that the documentation tells the truth about it."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

from demo_data import demo
from demo_data.fraud import BEHAVIOURS, HONEST, NEW_PATTERN, Simulation, simulate_fraud

DOCS = Path(__file__).parents[1] / "docs" / "demos.md"
THRESHOLD = 0.1


@pytest.fixture(scope="module")
def fraud() -> pd.DataFrame:
    return pd.read_parquet(demo("fraud").path)


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return simulate_fraud()


def _planted(rows: pd.DataFrame) -> pd.Series:
    return (rows["device"] == "mobile web") & (rows["merchant_type"] == "gaming")


def _recall(rows: pd.DataFrame, threshold: float = THRESHOLD) -> float:
    return float((rows.loc[rows["is_fraud"] == 1, "score"] >= threshold).mean())


def test_fraud_is_rare_and_its_columns_that_count_are_complete(fraud: pd.DataFrame) -> None:
    assert len(fraud) == 100_000
    assert set(fraud["is_fraud"]) == {0, 1}
    assert 0.01 < fraud["is_fraud"].mean() < 0.02
    assert fraud["score"].between(0, 1).all()
    assert fraud["transaction_id"].is_unique
    assert list(fraud.columns[fraud.isna().any()]) == ["country"]
    assert 0.003 < fraud["country"].isna().mean() < 0.007


def test_fraud_is_in_order_of_time_and_split_by_it(fraud: pd.DataFrame) -> None:
    assert fraud["time"].is_monotonic_increasing
    assert fraud["transaction_id"].is_monotonic_increasing
    validation, test = (fraud[fraud["split"] == split] for split in ("validation", "test"))
    assert len(validation) + len(test) == len(fraud)
    assert validation["time"].max() < pd.Timestamp("2026-09-07") <= test["time"].min()
    assert fraud["time"].min().date() == pd.Timestamp("2026-08-03").date()
    assert fraud["time"].max().date() == pd.Timestamp("2026-09-27").date()


def test_fraud_flags_an_account_as_new_for_thirty_days(fraud: pd.DataFrame) -> None:
    assert ((fraud["new_account"] == "yes") == (fraud["account_age_days"] < 30)).all()


def test_fraud_reads_as_plain_columns_everywhere(fraud: pd.DataFrame) -> None:
    path = demo("fraud").path
    text, whole, real = pa.string(), pa.int64(), pa.float64()
    types = [text, pa.timestamp("us"), real, *[text] * 4, whole, whole, text, whole, real]
    assert pq.read_schema(path).types == types
    assert set(fraud.dtypes.astype(str)) == {"str", "datetime64[us]", "float64", "int64"}
    assert set(pl.read_parquet(path).dtypes) == {pl.String, pl.Datetime("us"), pl.Float64, pl.Int64}
    with duckdb.connect() as connection:
        relation = connection.read_parquet(str(path))
        assert {str(kind) for kind in relation.types} == {"VARCHAR", "TIMESTAMP", "DOUBLE", "BIGINT"}


def test_the_model_is_good_but_one_half_is_a_bad_threshold(fraud: pd.DataFrame) -> None:
    assert 0.92 < roc_auc_score(fraud["is_fraud"], fraud["score"]) < 0.96
    assert _recall(fraud, 0.5) < 0.4
    assert fraud["score"].mean() == pytest.approx(fraud["is_fraud"].mean(), rel=0.2)


@pytest.mark.parametrize("split", ["validation", "test"])
def test_the_planted_slice_is_missed_far_more_often_in_both_splits(fraud: pd.DataFrame, split: str) -> None:
    rows = fraud[fraud["split"] == split]
    planted = _planted(rows)
    assert rows.loc[planted, "is_fraud"].sum() >= 80
    assert _recall(rows[planted]) < 0.3
    assert _recall(rows[~planted]) > 0.6


def test_the_planted_slice_is_the_worst_of_its_size(fraud: pd.DataFrame) -> None:
    assert 0.03 < _planted(fraud).mean() < 0.04
    positives = fraud[fraud["is_fraud"] == 1].assign(found=lambda rows: rows["score"] >= THRESHOLD)
    cells = positives.groupby(["merchant_type", "device"])["found"].agg(["size", "mean"])
    large = cells.loc[cells["size"] >= 30, "mean"].sort_values()
    assert large.index[0] == ("gaming", "mobile web")
    assert large.iloc[1] > large.iloc[0] + 0.2


def test_the_bundled_fraud_file_is_what_the_generator_makes(simulation: Simulation) -> None:
    bundled = pq.read_table(demo("fraud").path)
    assert bundled.drop(["score"]).equals(simulation.table.drop(["score"]))
    np.testing.assert_allclose(bundled["score"].to_numpy(), simulation.table["score"].to_numpy(), atol=2e-6)


def test_label_noise_is_small_and_known_to_the_generator(simulation: Simulation) -> None:
    recorded = simulation.table["is_fraud"].to_numpy() == 1
    assert np.array_equal(simulation.clean, simulation.pattern != HONEST)
    assert 0.02 < (~recorded[simulation.clean]).mean() < 0.04
    assert 0 < recorded[~simulation.clean].sum() < 40


def test_the_documented_numbers_of_fraud_are_the_measured_ones(
    fraud: pd.DataFrame, simulation: Simulation
) -> None:
    written = DOCS.read_text(encoding="utf-8").splitlines()
    assert [line for line in _measured(fraud, simulation) if line not in written] == []


def _measured(fraud: pd.DataFrame, simulation: Simulation) -> Iterator[str]:
    """The lines of docs/demos.md that hold a measured number."""
    positive, planted, flagged = fraud["is_fraud"] == 1, _planted(fraud), fraud["score"] >= THRESHOLD
    for name, part in (
        ("validation", fraud[fraud["split"] == "validation"]),
        ("test", fraud[fraud["split"] == "test"]),
        ("both", fraud),
    ):
        label, score = part["is_fraud"], part["score"]
        yield (
            f"| {name} | {len(part):,} | {label.sum():,} | {label.mean():.2%} | {score.mean():.2%} "
            f"| {roc_auc_score(label, score):.3f} | {average_precision_score(label, score):.3f} |"
        )
    for threshold in (0.5, 0.25, 0.1, 0.05, 0.02):
        above = fraud["score"] >= threshold
        yield (
            f"| {threshold} | {above.mean():.1%} | {positive[above].mean():.1%} "
            f"| {_recall(fraud, threshold):.1%} |"
        )
    precision, recall, thresholds = precision_recall_curve(positive, fraud["score"])
    f1 = 2 * precision * recall / (precision + recall)
    yield f"F1 is best at {thresholds[f1.argmax()]:.3f}, where it is {f1.max():.3f}."
    for name, part in (
        ("the planted slice", planted),
        ("– in validation", planted & (fraud["split"] == "validation")),
        ("– in test", planted & (fraud["split"] == "test")),
        ("everything else", ~planted),
    ):
        rows = fraud[part]
        found = (positive & flagged & part).sum()
        yield (
            f"| {name} | {len(rows):,} | {rows['is_fraud'].sum():,} | {found:,} | {_recall(rows):.1%} "
            f"| {roc_auc_score(rows['is_fraud'], rows['score']):.3f} | {rows['score'].mean():.2%} "
            f"| {rows['is_fraud'].mean():.2%} |"
        )
    missed = positive & ~flagged
    share = (missed & planted).sum() / missed.sum()
    yield (
        f"It holds {planted.mean():.1%} of the transactions and {share:.1%} of the missed fraud "
        f"({(missed & planted).sum()} of {missed.sum()})."
    )
    web, gaming = (
        _recall(fraud[~planted & (fraud[column] == value)])
        for column, value in (("device", "mobile web"), ("merchant_type", "gaming"))
    )
    yield f"Outside it recall is {web:.1%} on the mobile web and {gaming:.1%} in gaming: it takes both columns."
    for kind in list(BEHAVIOURS)[1:]:
        drawn = pd.Series(simulation.pattern == kind, index=fraud.index)
        shares = [drawn[fraud["split"] == split].mean() for split in ("validation", "test")]
        mark = " (planted)" if kind == NEW_PATTERN else ""
        yield f"| {kind}{mark} | {shares[0]:.2%} | {shares[1]:.2%} | {flagged[drawn].mean():.1%} |"
    medians = fraud.groupby("split")["amount"].median()
    yield f"The median amount goes from {medians['validation']:.2f} to {medians['test']:.2f} EUR."
    clean = simulation.clean
    unreported, mistaken = ~positive & clean, positive & ~clean
    yield (
        f"- {unreported.sum()} of {clean.sum():,} fraudulent transactions were never reported and are "
        f"recorded as 0; {(unreported & (fraud['score'] >= 0.5)).sum()} of them score 0.5 or more."
    )
    yield (
        f"- {mistaken.sum()} of {(~clean).sum():,} honest transactions were charged back by mistake and are "
        f"recorded as 1; {(mistaken & (fraud['score'] < 0.01)).sum()} of them score below 0.01."
    )
    yield f"- `country` is missing in {fraud['country'].isna().sum()} rows; the model saw missing countries too."
