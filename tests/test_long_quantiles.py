"""A table with a row for each predicted quantile."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import metrics_core as mc
from metrics_core.errors import DataError

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


def side_by_side() -> pd.DataFrame:
    """Make forecasts of two series with five quantiles each."""
    rng = np.random.default_rng(3)
    time = pd.date_range("2025-01-01", periods=12, freq="D")
    table = pd.DataFrame({"shop": np.repeat(["a", "b"], 12), "day": np.tile(time, 2), "origin": pd.Timestamp("2024-12-31")})  # fmt: skip
    table["sold"] = rng.normal(50, 5, 24)
    centre = rng.normal(50, 4, 24)
    for level, away in zip(LEVELS, (-8, -3, 0, 3, 8), strict=True):
        table[f"q{level:g}"] = centre + away
    return table


def long() -> pd.DataFrame:
    """Put the quantiles below each other, in disorder."""
    wide = side_by_side()
    keys = ["shop", "day", "origin", "sold"]
    parts = [wide[keys].assign(quantile_level=level, predicted=wide[f"q{level:g}"]) for level in LEVELS]
    return pd.concat(parts).sample(frac=1, random_state=0).reset_index(drop=True)


def test_quantiles_below_each_other_are_the_same_as_side_by_side():
    below = mc.read(long(), y_true="sold", task="forecasting")
    beside = mc.read(
        side_by_side(), y_true="sold", y_pred="q0.5", task="forecasting", quantile={f"{q:g}": f"q{q:g}" for q in LEVELS},
        interval={"0.5": "q0.25,q0.75", "0.9": "q0.05,q0.95"},
    )  # fmt: skip
    one, two = ({k: v for k, v in mc.evaluate(p).metrics.items() if v is not None} for p in (below, beside))
    assert one == pytest.approx(two, rel=1e-12)
    assert one["crps"] == pytest.approx(2 * one["pinball"])
    assert below.roles.quantile_level == "quantile_level"
    assert any(f.id == "quantiles-widened" and "120 rows became 24" in f.text for f in below.findings)


def test_crps_is_twice_the_mean_pinball_loss():
    table = pd.DataFrame({"y": [2.5, 1.0], "f": [2.0, 2.0], "a": [1.0, 1.0], "b": [4.0, 3.0]})
    found = mc.evaluate(mc.read(table, task="regression", y_true="y", y_pred="f", quantile={"0.25": "a", "0.5": "f", "0.75": "b"}))  # fmt: skip
    by_hand = [(0.25 * 1.5, 0.5 * 0.5, 0.25 * 1.5), (0.0, 0.5 * 1.0, 0.25 * 2.0)]
    assert found.metrics["crps"] == pytest.approx(2 * np.mean(by_hand))


def test_without_quantiles_there_is_no_crps():
    table = pd.DataFrame({"y": [2.5, 1.0, 3.5], "f": [2.0, 2.0, 3.0]})
    found = mc.evaluate(mc.read(table, task="regression", y_true="y", y_pred="f"))
    assert found.metrics["crps"] is None
    assert found.undefined["crps"] == "no columns of predicted quantiles are named"


def test_a_row_number_of_the_table_does_not_keep_quantiles_apart():
    table = long().assign(row=np.arange(len(long())))
    assert len(mc.read(table, y_true="sold", task="forecasting").judged()) == 24


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t[t["quantile_level"] != 0.5], "0.5 is none of them"),
        (lambda t: pd.concat([t, t.head(3)]), "3 rows repeat a quantile of the same prediction"),
        (lambda t: t.assign(quantile_level=1000 * t["quantile_level"]), "Write the 5 % quantile as 0.05"),
        (lambda t: t.rename(columns={"predicted": "value"}), "Name it with --y-pred"),
    ],
)
def test_what_cannot_be_put_side_by_side_is_refused(change, said):
    with pytest.raises(DataError, match=said):
        mc.read(change(long()), y_true="sold", task="forecasting", quantile_level="quantile_level")


@pytest.mark.parametrize("write", ["q{:g}", "quantile_{:g}", "Quantile {:g}", "{:g}", lambda x: f"{100 * x:g}%", lambda x: f"p{100 * x:g}", lambda x: f"{100 * x:g}", lambda x: f"{x:g}".replace(".", ",")])  # fmt: skip
def test_levels_written_as_text_or_percentages_are_read(write):
    written = write.format if isinstance(write, str) else write
    table = long().assign(quantile=[written(x) for x in long()["quantile_level"]]).drop(columns="quantile_level")  # fmt: skip
    found = mc.read(table, y_true="sold", task="forecasting")
    assert found.roles.quantile_level == "quantile"
    assert mc.evaluate(found).metrics == mc.evaluate(mc.read(long(), y_true="sold", task="forecasting")).metrics  # fmt: skip


def test_levels_counted_in_per_cent_are_said_to_be_so():
    table = long().assign(quantile_level=100 * long()["quantile_level"])
    found = mc.read(table, y_true="sold", task="forecasting")
    assert "Levels above 1 were read as percentages" in next(f.text for f in found.findings if f.id == "quantiles-widened")  # fmt: skip


@pytest.mark.parametrize("point", ["point", "mean", None])
def test_rows_that_are_no_quantile_are_left_out_and_counted(point):
    words = long().assign(quantile=long()["quantile_level"].map("{:g}".format)).drop(columns="quantile_level")
    extra = words[words["quantile"] == "0.5"].assign(quantile=point, predicted=1e6)
    found = mc.read(pd.concat([words, extra]), y_true="sold", task="forecasting")
    assert mc.evaluate(found).metrics == mc.evaluate(mc.read(words, y_true="sold", task="forecasting")).metrics  # fmt: skip
    said = next(f.text for f in found.findings if f.id == "quantiles-widened")
    assert f"{len(extra)} of {len(words) + len(extra)} rows name no level" in said


def test_a_repeated_quantile_is_told_by_its_row_of_the_table():
    words = long().assign(quantile_level=long()["quantile_level"].map("{:g}".format))
    table = pd.concat([words.head(1).assign(quantile_level="point"), words, words.tail(1)])
    with pytest.raises(DataError, match=rf"1 rows repeat .*\(row {len(words) + 1} has another row"):
        mc.read(table, y_true="sold", task="forecasting", quantile_level="quantile_level")


def test_levels_that_are_none_are_left_alone():
    table = side_by_side().assign(level=np.arange(24) % 5)
    assert mc.read(table, y_true="sold", y_pred="q0.5", task="forecasting").roles.quantile_level is None


def test_the_real_file_of_quantiles_gives_the_metrics_of_its_medians(shared_data, capsys):
    from app.cli import main

    def metrics(file: str) -> dict[str, dict[str, float]]:
        words = [str(shared_data(file)), "--train", str(shared_data("covid_observed.csv")), "--train-value", "observed", "--season", "1"]  # fmt: skip
        assert main(["metrics", *words, "--format", "json"]) == 0
        return {m["model"]: m["metrics"] for m in json.loads(capsys.readouterr().out)["models"]}

    points, quantiles = metrics("covid_forecasts_point.csv"), metrics("covid_forecasts_quantile.csv")
    assert points.keys() == quantiles.keys()
    for model, found in quantiles.items():
        for key in ("mase", "rmsse", "owa", "smape", "mae", "dtw", "coverage@0.5", "coverage@0.95"):
            assert found[key] == pytest.approx(points[model][key], rel=1e-9), (model, key)
    table = pd.read_csv(shared_data("covid_forecasts_quantile.csv"))
    away = table["observed"] - table["predicted"]
    loss = np.maximum(table["quantile_level"] * away, (table["quantile_level"] - 1) * away)
    for model, crps in (2 * loss).groupby(table["model"]).mean().items():
        assert quantiles[model]["crps"] == pytest.approx(crps, rel=1e-9)


def test_an_ensemble_whose_members_are_quantiles_has_its_crps():
    """Members 1, 2, 4 and truth 2.5: mean |x - y| less half the mean |x - x'| is 0.5."""
    members, truth = np.array([1.0, 2.0, 4.0]), 2.5
    by_hand = np.abs(members - truth).mean() - np.abs(members[:, None] - members).mean() / 2
    table = pd.DataFrame({"y": [truth, truth], "a": 1.0, "b": 2.0, "c": 4.0, "f": [2.0, 2.1]})
    levels = {f"{(i + 0.5) / 3}": name for i, name in enumerate("abc")}
    found = mc.evaluate(mc.read(table, task="regression", y_true="y", y_pred="f", quantile=levels)).metrics["crps"]  # fmt: skip
    assert by_hand == pytest.approx(0.5)
    assert found == pytest.approx(0.5)
