"""One plan on every engine counts the integers that numpy counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from metrics_core.errors import DataError
from metrics_core.reduce.frames import frame_tally
from metrics_core.reduce.scores import tally_of
from metrics_core.tally import ScoreTally
from metrics_core.tally.bins import FINE
from tests.tables import random_rows

ENGINES: dict[str, Callable[[pa.Table], Any]] = {
    "pandas": lambda table: table.to_pandas(),
    "pyarrow": lambda table: table,
    "polars": pl.from_arrow,
    "polars, lazy": lambda table: pl.from_arrow(table).lazy(),
    "duckdb": lambda table: duckdb.connect().from_arrow(table),
}
CUTS = (0.3, 0.30001, 0.7, 1e-12, 1 - 1e-12)


def powers(rng: np.random.Generator) -> Any:
    small = 10.0 ** -rng.uniform(0, 40, 1500)
    return np.concatenate([small, 1 - small])


def edges(rng: np.random.Generator) -> Any:
    return np.concatenate([FINE.edges, FINE.tops, np.nextafter(FINE.edges[:-1], 1), [5e-324, 1e-310, -0.0, 1 - 2**-53]])  # fmt: skip


SHAPES: dict[str, Callable[[np.random.Generator], Any]] = {
    "ordinary": lambda rng: rng.random(3000),
    "rare and saturated": powers,
    "rounded": lambda rng: rng.integers(0, 1001, 3000) / 1000,
    "fifteenths": lambda rng: rng.integers(0, 16, 300) / 15,
    "edges": edges,
    "float32": lambda rng: np.concatenate([rng.random(3000), np.arange(11) / 10]).astype(np.float32),
}


def equal(found: ScoreTally, wanted: ScoreTally) -> None:
    assert np.array_equal(found.score, wanted.score)
    assert found.pos.dtype == wanted.pos.dtype
    assert np.array_equal(found.pos, wanted.pos)
    assert np.array_equal(found.neg, wanted.neg)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_counts_the_integers_of_numpy(engine: str, shape: str) -> None:
    rng = np.random.default_rng(11)
    score = SHAPES[shape](rng)
    positive = rng.random(score.size) < 0.3
    table = pa.table({"label": positive.astype(int), "p": score})
    for coarse in (False, True):
        found = frame_tally(ENGINES[engine](table), "label", "p", 1, cuts=CUTS, coarse=coarse)
        equal(found.tally, tally_of(score, positive, exact=False, cuts=CUTS, coarse=coarse))
        assert found.rows_read == score.size
        assert found.dropped == {}


@pytest.mark.parametrize("frequency", [False, True])
@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_adds_up_weights_and_their_squares(engine: str, frequency: bool) -> None:
    drawn = random_rows(3, 2000, weighted=True)
    assert drawn.weight is not None
    frame = ENGINES[engine](pa.table({"y": drawn.positive, "s": drawn.score, "w": drawn.weight}))
    found = frame_tally(frame, "y", "s", True, weight="w", frequency=frequency).tally
    wanted = tally_of(drawn.score, drawn.positive, drawn.weight, exact=False, frequency=frequency)
    equal(found, wanted)  # quarters add up without rounding
    assert (found.squares is None) == (wanted.squares is None) == frequency
    if found.squares is not None and wanted.squares is not None:
        equal(found.squares, wanted.squares)


@pytest.mark.parametrize("engine", ENGINES)
def test_rows_that_cannot_be_used_are_left_out_and_counted_by_the_first_reason(engine: str) -> None:
    label = ["yes", "no", None, "yes", "no", "yes", "no", "yes", "no", None]
    score = [0.9, 0.1, 0.5, None, float("nan"), float("inf"), -0.1, 1.5, 0.3, None]
    weight = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, float("nan"), 1.0]
    frame = ENGINES[engine](pa.table({"y": label, "s": score, "w": weight}))
    found = frame_tally(frame, "y", "s", "yes", weight="w")
    assert found.rows_read == 10
    assert found.dropped == {
        "label missing": 2, "score missing": 2, "score infinite": 1, "score outside 0 to 1": 2, "weight missing": 1
    }  # fmt: skip
    assert (found.tally.n_pos, found.tally.n_neg) == (1, 1)


@pytest.mark.parametrize("engine", ENGINES)
def test_label_that_is_not_a_number_is_missing(engine: str) -> None:
    frame = ENGINES[engine](pa.table({"y": [1.0, 0.0, float("nan"), None], "s": [0.5, 0.5, 0.5, 0.5]}))
    found = frame_tally(frame, "y", "s", 1)
    assert found.dropped == {"label missing": 2}
    assert (found.tally.n_pos, found.tally.n_neg) == (1, 1)


@pytest.mark.parametrize("engine", ENGINES)
def test_whole_numbers_are_scores_too(engine: str) -> None:
    found = frame_tally(ENGINES[engine](pa.table({"y": [1, 0, 1], "s": [1, 0, 0]})), "y", "s", 1).tally
    assert (found.pos[-1], found.pos[0], found.neg[0]) == (1, 1, 1)


@pytest.mark.parametrize("engine", ENGINES)
def test_frame_without_rows_gives_an_empty_tally(engine: str) -> None:
    table = pa.table({"y": pa.array([], pa.int64()), "s": pa.array([], pa.float64())})
    found = frame_tally(ENGINES[engine](table), "y", "s", 1)
    assert (found.rows_read, found.tally.n_pos, found.tally.n_neg) == (0, 0, 0)


def test_columns_named_like_those_of_the_plan_do_no_harm() -> None:
    drawn = random_rows(3, 200)
    names = {"s": drawn.positive.astype(int), "label": drawn.score, "why": 1, "n": 2, "place": 3}
    found = frame_tally(pd.DataFrame(names), "s", "label", 1).tally
    equal(found, tally_of(drawn.score, drawn.positive, exact=False))


def test_tallies_of_two_engines_add_up() -> None:
    drawn = random_rows(3, 2000)
    parts = [replace(drawn.at(part)) for part in (slice(0, 900), slice(900, None))]
    frames = [parts[0].frame(), pl.from_pandas(parts[1].frame()).lazy()]
    one, other = (frame_tally(frame, "y_true", "y_score", 1).tally for frame in frames)
    equal(one + other, tally_of(drawn.score, drawn.positive, exact=False))


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"y_score": "scor"}, "There is no column 'scor'. Did you mean 'score'?"),
        ({"y_score": "y"}, "Column 'y' does not hold numbers but String. Name another one."),
        ({"weight": "y"}, "Column 'y' does not hold numbers but String. Name another one."),
        ({"weight": "w"}, "The weights are negative in 1 of 2 rows. Weights are 0 or more."),
    ],
)
def test_column_that_will_not_do_is_named(columns: dict[str, str], says: str) -> None:
    frame = pd.DataFrame({"y": ["a", "b"], "score": [0.1, 0.2], "w": [1.0, -1.0]})
    with pytest.raises(DataError) as caught:
        frame_tally(frame, "y", columns.get("y_score", "score"), "a", weight=columns.get("weight"))
    assert str(caught.value) == says
