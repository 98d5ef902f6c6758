"""The demand demo: what its two files hold, that nothing leaks, and that what is planted is the worst there is."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from demo_data import demand, demo
from demo_data.demand import (
    BETWEEN_ORIGINS,
    DRIFT_START,
    DRIFTING,
    FIRST_ORIGIN,
    HORIZON,
    HOURS,
    demand_history,
    demand_table,
    known_at,
    simulate_sales,
)
from demo_data.generate import write

DOCS = Path(__file__).parents[1] / "docs" / "demos.md"
FORECASTS = demo("demand").path
HISTORY = FORECASTS.with_name("demand_history.parquet")
SERIES = ["store", "product"]
MODELS = ("boosted", "ridge")
KINDS = ("region", "product", "promotion", "day")


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return pd.read_parquet(FORECASTS)


@pytest.fixture(scope="module")
def history() -> pd.DataFrame:
    return pd.read_parquet(HISTORY)


@pytest.fixture(scope="module")
def quick() -> pa.Table:
    """The forecasts of models that learn little and fast."""
    return demand_table(n_trees=2)


def _error(rows: pd.DataFrame, model: str) -> pd.Series:
    return rows[model] - rows["demand"]


def _planted(rows: pd.DataFrame) -> pd.Series:
    return (rows["region"] == "north") & (rows["promotion"] == "yes")


def _drifting(rows: pd.DataFrame) -> pd.Series:
    return (rows["store"] == DRIFTING[0]) & (rows["product"] == DRIFTING[1])


def _inside(rows: pd.DataFrame, model: str, level: int) -> pd.Series:
    return rows["demand"].between(rows[f"{model}_low_{level}"], rows[f"{model}_high_{level}"])


def _forecasts(table: pa.Table) -> np.ndarray:
    names = [name for name in table.column_names if name.startswith(MODELS)]
    return np.column_stack([table[name].to_numpy() for name in names])


def test_the_bundled_forecasts_are_what_the_generator_makes(rows: pd.DataFrame) -> None:
    # One rounding step: another machine may add in another order.
    pd.testing.assert_frame_equal(rows, demand_table().to_pandas(), check_exact=False, rtol=0, atol=0.11)


def test_the_bundled_history_is_what_the_generator_makes() -> None:
    assert pq.read_table(HISTORY).equals(demand_history())


def test_a_second_run_writes_the_same_bytes_of_both_files(quick: pa.Table, tmp_path: Path) -> None:
    for tables in ((quick, demand_table(n_trees=2)), (demand_history(), demand_history())):
        paths = [tmp_path / f"{run}.parquet" for run in ("first", "second")]
        for table, path in zip(tables, paths, strict=True):
            write(table, path)
        assert paths[0].read_bytes() == paths[1].read_bytes()


def test_both_files_together_are_small() -> None:
    assert FORECASTS.stat().st_size + HISTORY.stat().st_size < 1_000_000


def test_the_roles_name_columns_of_the_files() -> None:
    roles = dict(demo("demand").roles)
    ends = [pair.split(",") for of in roles["interval"].values() for pair in of.values()]
    named = {roles[role] for role in ("y_true", "time", "origin", "horizon")}
    named |= {*roles["series"], *roles["y_pred"].values(), *roles["slices"], *np.ravel(ends)}
    assert named == set(pq.read_schema(FORECASTS).names)
    assert roles["train"] == str(HISTORY)
    assert {*roles["series"], roles["time"], roles["train_value"]} == set(pq.read_schema(HISTORY).names)


def test_both_files_read_as_plain_columns() -> None:
    text, moment, whole, real = pa.string(), pa.timestamp("us"), pa.int64(), pa.float64()
    assert pq.read_schema(FORECASTS).types == [
        *[text] * 3,
        *[moment] * 2,
        whole,
        *[text] * 2,
        real,
        whole,
        *[real] * 10,
    ]
    assert pq.read_schema(HISTORY).types == [text, text, moment, whole]


def test_every_series_is_forecast_once_for_each_hour_of_a_day_from_every_origin(rows: pd.DataFrame) -> None:
    assert len(rows) == 14 * 40 * HORIZON
    assert not rows.duplicated([*SERIES, "origin", "horizon"]).any()
    assert (rows["time"] - rows["origin"] == pd.to_timedelta(rows["horizon"], unit="h")).all()
    between = rows["origin"].drop_duplicates().diff().dropna()
    assert (between == pd.Timedelta(hours=BETWEEN_ORIGINS)).all()
    assert not rows.duplicated([*SERIES, "time"]).any()


def test_nothing_is_missing_and_nothing_sells_in_no_hour(rows: pd.DataFrame, history: pd.DataFrame) -> None:
    assert not rows.isna().any(axis=None)
    assert (history["demand"] > 0).all()


def test_the_history_holds_every_hour_of_every_series_before_and_after_the_origins(
    rows: pd.DataFrame, history: pd.DataFrame
) -> None:
    assert len(history) == 40 * HOURS
    steps = history.groupby(SERIES)["time"].diff().dropna()
    assert (steps == pd.Timedelta(hours=1)).all()
    before = history[history["time"] <= rows["origin"].min()]
    assert (before.groupby(SERIES).size() == FIRST_ORIGIN).all()
    both = rows.merge(history, on=[*SERIES, "time"], suffixes=("", "_known"), how="left")
    assert (both["demand"] == both["demand_known"]).all()


def test_the_ends_of_the_intervals_enclose_each_other_and_are_no_negative_sales(rows: pd.DataFrame) -> None:
    for model in MODELS:
        ends = rows[[f"{model}_{end}" for end in ("low_95", "low_80", "high_80", "high_95")]].to_numpy()
        assert (ends[:, 0] >= 0).all()
        assert (np.diff(ends, axis=1) >= 0).all()


@pytest.mark.parametrize("place", [0, 6])
def test_sales_after_an_origin_change_no_forecast_made_at_it_or_before(
    place: int, quick: pa.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = FIRST_ORIGIN + BETWEEN_ORIGINS * place
    sales = simulate_sales()
    later = np.where(np.arange(HOURS) < known, sales.demand, 1000 - sales.demand)
    monkeypatch.setattr(demand, "simulate_sales", lambda: replace(sales, demand=later))
    other = demand_table(n_trees=2)
    made = (place + 1) * 40 * HORIZON
    np.testing.assert_array_equal(_forecasts(quick)[:made], _forecasts(other)[:made])
    assert (_forecasts(quick)[made:] != _forecasts(other)[made:]).any(axis=1).all()


def test_the_models_learn_shares_of_the_level_before_the_origin() -> None:
    sales = simulate_sales()
    known = known_at(sales, np.array([FIRST_ORIGIN]))
    assert known.features.shape == (40 * HORIZON, 10)
    first = sales.demand[0, :FIRST_ORIGIN]
    assert known.level[0] == pytest.approx(first[-28 * 24 :].mean())
    assert known.target[0] * known.level[0] == pytest.approx(sales.demand[0, FIRST_ORIGIN])
    assert known.features[0, 0] * known.level[0] == pytest.approx(first[-24])
    assert known.features[0, 2] * known.level[0] == pytest.approx(first[[-168, -336, -504, -672]].mean())


def test_promotions_did_little_before_the_first_origin_in_every_region(history: pd.DataFrame) -> None:
    promotion = simulate_sales().promotion[:, :FIRST_ORIGIN]
    sold = history["demand"].to_numpy().reshape(40, HOURS)[:, :FIRST_ORIGIN]
    north = np.arange(40) < 12
    for part in (north, ~north):
        lift = sold[part][promotion[part]].mean() / sold[part][~promotion[part]].mean()
        assert 1.0 < lift < 1.2


@pytest.mark.parametrize("model", MODELS)
def test_promotions_of_the_north_are_the_worst_of_all_pairs_of_groups(rows: pd.DataFrame, model: str) -> None:
    judged = rows.assign(missed=_error(rows, model).abs())
    cells = pd.concat(
        [judged.groupby(list(pair))[["missed", "demand"]].sum() for pair in combinations(KINDS, 2)]
    )
    worst = (cells["missed"] / cells["demand"]).sort_values(ascending=False)
    assert set(worst.index[0]) == {"north", "yes"}
    assert worst.iloc[0] > 1.3 * worst.iloc[1]


@pytest.mark.parametrize("model", MODELS)
def test_promotions_of_the_north_are_forecast_far_too_low_and_others_are_not(
    rows: pd.DataFrame, model: str
) -> None:
    error, planted = _error(rows, model), _planted(rows)
    assert 0.04 < planted.mean() < 0.06
    assert error[planted].sum() < -0.3 * rows.loc[planted, "demand"].sum()
    for elsewhere in (
        (rows["promotion"] == "yes") & ~planted,
        (rows["region"] == "north") & ~planted,
    ):
        assert abs(error[elsewhere].sum()) < 0.1 * rows.loc[elsewhere, "demand"].sum()


@pytest.mark.parametrize("model", MODELS)
def test_the_drifting_series_is_the_worst_in_sum_per_sale_and_against_its_past(
    rows: pd.DataFrame, history: pd.DataFrame, model: str
) -> None:
    missed = _error(rows, model).abs().groupby([rows[name] for name in SERIES])
    before = history[history["time"] <= rows["origin"].min()]
    scale = before.groupby(SERIES)["demand"].apply(lambda sold: sold.diff(24).abs().mean())
    sold = rows.groupby(SERIES)["demand"].sum()
    for amount, ahead in ((missed.sum(), 1.5), (missed.sum() / sold, 1.5), (missed.mean() / scale, 1.1)):
        worst = amount.sort_values(ascending=False)
        assert worst.index[0] == DRIFTING
        assert worst.iloc[0] > ahead * worst.iloc[1]


@pytest.mark.parametrize("model", MODELS)
def test_the_drifting_series_is_ordinary_at_first_and_then_forecast_ever_higher(
    rows: pd.DataFrame, model: str
) -> None:
    judged = rows.assign(error=_error(rows, model), missed=_error(rows, model).abs())
    start = np.datetime64(demand.START) + np.timedelta64(DRIFT_START, "h")
    first = judged[judged["origin"] < start].groupby(SERIES)[["missed", "demand"]].sum()
    share = first["missed"] / first["demand"]
    assert share[DRIFTING] < share.quantile(0.75)
    later = judged[_drifting(judged) & (judged["origin"] > start)].groupby("origin").sum(numeric_only=True)
    assert (later["error"] > 0).all()
    relative = later["missed"] / later["demand"]
    assert np.corrcoef(np.arange(len(relative)), relative)[0, 1] > 0.8
    assert relative.iloc[-3:].mean() > 3 * relative.iloc[:3].mean()


@pytest.mark.parametrize("model", MODELS)
def test_both_models_are_better_than_the_same_hour_a_day_or_a_week_ago(
    rows: pd.DataFrame, history: pd.DataFrame, model: str
) -> None:
    known = history.set_index([*SERIES, "time"])["demand"]
    for hours in (24, 168):
        at = [rows["store"], rows["product"], rows["time"] - pd.Timedelta(hours=hours)]
        naive = known.reindex(pd.MultiIndex.from_arrays(at)).to_numpy()
        assert _error(rows, model).abs().mean() < 0.9 * np.abs(naive - rows["demand"]).mean()


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("level", [80, 95])
def test_the_intervals_hold_what_they_promise_where_nothing_is_planted(
    rows: pd.DataFrame, model: str, level: int
) -> None:
    inside, odd = _inside(rows, model, level), _planted(rows) | _drifting(rows)
    assert inside[~odd].mean() == pytest.approx(level / 100, abs=0.02)
    assert inside[_planted(rows)].mean() < level / 100 - 0.4


def test_the_intervals_of_the_linear_model_are_too_wide_at_night_and_too_narrow_in_the_evening(
    rows: pd.DataFrame,
) -> None:
    hour = rows["time"].dt.hour
    held = {model: _inside(rows, model, 80).groupby(hour).mean() for model in MODELS}
    assert held["ridge"][1:5].min() > 0.9
    assert held["ridge"][17:20].max() < 0.7
    assert np.ptp(held["boosted"]) < 0.5 * np.ptp(held["ridge"])


def test_the_documented_shares_of_what_is_planted_are_the_measured_ones(rows: pd.DataFrame) -> None:
    written = " ".join(FORECASTS.with_name("SOURCES.md").read_text(encoding="utf-8").split())
    missed = _error(rows, "boosted").abs()
    planted, drifting = (missed[part].sum() / missed.sum() for part in (_planted(rows), _drifting(rows)))
    assert (
        f"The first are {_planted(rows).mean():.1%} of the rows and {planted:.1%} of the absolute error of `boosted`; "
        f"the second is one series of 40 and {drifting:.1%} of it."
    ) in written


def test_the_documented_numbers_of_demand_are_the_measured_ones(
    rows: pd.DataFrame, history: pd.DataFrame
) -> None:
    written = DOCS.read_text(encoding="utf-8")
    assert [line for line in _measured(rows, history) if line not in " ".join(written.split())] == []


def _measured(rows: pd.DataFrame, history: pd.DataFrame) -> Iterator[str]:
    """Pieces of docs/demos.md that hold a measured number."""
    known, truth = history.set_index([*SERIES, "time"])["demand"], rows["demand"]
    for model in MODELS:
        covered = " | ".join(f"{_inside(rows, model, level).mean():.1%}" for level in (80, 95))
        yield f"| {model} | {_sizes(_error(rows, model), truth)} | {covered} |"
    for span, hours in (("day", 24), ("week", 168)):
        at = [rows["store"], rows["product"], rows["time"] - pd.Timedelta(hours=hours)]
        error = known.reindex(pd.MultiIndex.from_arrays(at)).to_numpy() - truth
        yield f"| the same hour a {span} before | {_sizes(error, truth)} | | |"
    planted, drifting, hour = _planted(rows), _drifting(rows), rows["time"].dt.hour
    for name, part in (
        ("promotions in the north", planted),
        ("bread at Station", drifting),
        ("everything else", ~planted & ~drifting),
    ):
        for model in MODELS:
            error = _error(rows, model)
            missed = error[part].abs().sum()
            yield (
                f"| {name} | {model} | {part.sum():,} | {error[part].mean():+.1f} ".replace("-", "−")
                + f"| {missed / truth[part].sum():.1%} | {missed / error.abs().sum():.1%} "
                f"| {_inside(rows, model, 80)[part].mean():.1%} |"
            )
    drift = _error(rows, "boosted")[drifting].abs().groupby(rows["origin"]).mean()
    yield (
        f"`boosted` is {drift.iloc[:3].mean():.1f} at the first three origins and {drift.iloc[-3:].mean():.1f} "
        "at the last three."
    )
    night, evening = hour.between(1, 5), hour.between(17, 20)
    ridge, boosted = (_inside(rows, model, 80) for model in ("ridge", "boosted"))
    yield (
        f"holds {ridge[night].mean():.1%} of the hours that end between 1 and 5 in the morning and "
        f"{ridge[evening].mean():.1%} of those between 17 and 20. That of `boosted` holds "
        f"{boosted[night].mean():.1%} and {boosted[evening].mean():.1%}."
    )


def _sizes(error: pd.Series, truth: pd.Series) -> str:
    """Mean absolute error, root mean square and weighted percentage, as cells of a table."""
    return (
        f"{error.abs().mean():.1f} | {(error**2).mean() ** 0.5:.1f} | {error.abs().sum() / truth.sum():.1%}"
    )
