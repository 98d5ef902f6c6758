"""Predicted numbers evaluated whole and by group, in Python, as JSON and on the command line."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics as sk

from app import cli, remembered
from metrics_core import DataError, evaluate, read
from metrics_core.metrics.registry import metrics_of
from tests.number_tables import frame_of, random_numbers

RNG = np.random.default_rng(0)
CASES = random_numbers(0, 200, weighted=True)
FRAME = frame_of(CASES, sex=RNG.choice(["f", "m"], 200), g=CASES.predicted + 1, lo=CASES.predicted - 12, hi=CASES.predicted + 12)  # fmt: skip
ROLES = {"task": "regression", "y_true": "y", "y_pred": "f", "weight": "w", "interval": {"0.9": "lo,hi"}}


@pytest.fixture
def path(tmp_path):
    FRAME.to_csv(tmp_path / "numbers.csv", index=False)
    return str(tmp_path / "numbers.csv")


def run(capsys, *words: str) -> tuple[int, str, str]:
    code = cli.main(list(words))
    out, err = capsys.readouterr()
    return code, out, err


def test_json_holds_the_contract_and_nothing_of_classes() -> None:
    found = json.loads(json.dumps(evaluate(read(FRAME, **ROLES), by=["sex"], intervals=True).to_dict(), allow_nan=False))  # fmt: skip
    assert found["task"] == "regression"
    assert found["pos_label"] is None
    assert found["threshold"] is None
    assert "confusion" not in found
    keys = {s.key.replace("@level", "@0.9") for s in metrics_of("regression")}
    assert found["metrics"].keys() == keys
    assert found["intervals"].keys() == keys
    assert found["undefined"] == {
        "crps": "no columns of predicted quantiles are named",
        "gaussian_nll": "no column of predicted standard deviations is named",
    }
    assert found["effective_n"] == pytest.approx(FRAME["w"].sum() ** 2 / (FRAME["w"] ** 2).sum())
    assert [group["value"] for group in found["by"]] == ["f", "m"]
    assert found["roles"]["interval"] == {"0.9": ["lo", "hi"]}


def test_groups_are_evaluated_on_their_own_rows() -> None:
    evaluation = evaluate(read(FRAME, **ROLES), by=["sex"])
    for group in evaluation.models[0].groups:
        own = FRAME[FRAME["sex"] == group.level.value]
        assert group.metrics.values["r2"] == pytest.approx(sk.r2_score(own["y"], own["f"], sample_weight=own["w"]))  # fmt: skip


def test_baselines_are_what_constants_give() -> None:
    base = evaluate(read(FRAME, **ROLES)).models[0].baselines
    mean = np.full(200, np.average(FRAME["y"], weights=FRAME["w"]))
    assert base["mean"].number("rmse") == pytest.approx(sk.root_mean_squared_error(FRAME["y"], mean, sample_weight=FRAME["w"]))  # fmt: skip
    assert base["mean"].values["r2"] == 0.0
    assert base["mean"].values["bias"] == 0.0
    assert base["median"].values["d2_absolute_error"] == 0.0
    assert base["median"].number("mae") < base["mean"].number("mae")


def test_filter_narrows_the_rows() -> None:
    found = evaluate(read(FRAME, **ROLES), where="sex == 'f'")
    own = FRAME[FRAME["sex"] == "f"]
    assert found.metrics["mae"] == pytest.approx(sk.mean_absolute_error(own["y"], own["f"], sample_weight=own["w"]))  # fmt: skip


def test_frame_has_one_row_for_each_metric() -> None:
    frame = evaluate(read(FRAME, **ROLES), intervals=True).frame().set_index("key")
    assert frame.loc["mae", "low"] < frame.loc["mae", "value"] < frame.loc["mae", "high"]


def test_a_threshold_is_refused() -> None:
    with pytest.raises(DataError, match="no threshold"):
        evaluate(read(FRAME, **ROLES), threshold=0.5)


# ------------------------------------------------------------------------------------------------ what is remarked


def remarks(frame: pd.DataFrame, by: tuple[str, ...] = (), **roles: object) -> dict[str, str]:
    roles = {"task": "regression", "y_true": "y", "y_pred": "f", **roles}
    return {f.id: f.text for f in evaluate(read(frame, **roles), by=by).findings}  # type: ignore[arg-type]  # roles


def test_r2_below_zero_is_remarked_with_what_the_mean_would_give() -> None:
    text = remarks(pd.DataFrame({"y": CASES.truth, "f": CASES.predicted[::-1]}))["W17"]
    assert "R² is -" in text
    assert "always predicting the mean" in text


def test_r2_of_a_group_with_little_spread_is_not_comparable() -> None:
    narrow = np.where(np.arange(200) < 60, 50 + 0.1 * CASES.truth, CASES.truth)
    frame = pd.DataFrame({"y": narrow, "f": narrow + RNG.normal(0, 3, 200), "part": np.where(np.arange(200) < 60, "n", "w")})  # fmt: skip
    assert "part n" in remarks(frame, ("part",))["W17"]


def test_truth_near_zero_is_remarked_with_the_alternative() -> None:
    y = CASES.truth.copy()
    y[:3] = 0.01
    assert "WAPE is" in remarks(pd.DataFrame({"y": y, "f": CASES.predicted}))["W18"]
    assert "W18" not in remarks(pd.DataFrame({"y": 100 + CASES.truth, "f": 100 + CASES.predicted}))


def test_rows_without_a_prediction_are_remarked() -> None:
    f = CASES.predicted.copy()
    f[:20] = np.nan
    assert "180 of 200 rows" in remarks(pd.DataFrame({"y": CASES.truth, "f": f}))["W20"]


def test_a_few_rows_that_carry_the_squared_error_are_remarked() -> None:
    f = CASES.predicted.copy()
    f[5] += 500
    assert "carry" in remarks(pd.DataFrame({"y": CASES.truth, "f": f}))["W25"]


def test_bias_beyond_chance_is_remarked_with_its_side() -> None:
    assert "too low by" in remarks(pd.DataFrame({"y": CASES.truth, "f": CASES.truth - 5 + RNG.normal(0, 8, 200)}))["W26"]  # fmt: skip


def test_intervals_that_hold_too_little_are_remarked() -> None:
    texts = remarks(FRAME.assign(lo=FRAME["f"] - 2, hi=FRAME["f"] + 2), interval={"0.9": "lo,hi"})
    assert texts["W27"].startswith("The 90 % interval holds")


# ------------------------------------------------------------------------------------------------ command line


def test_the_command_prints_the_metrics_beside_a_constant(capsys, path) -> None:
    code, out, err = run(capsys, "metrics", path, "--task", "regression", "--y-true", "y", "--y-pred", "f", "--interval", "0.9=lo,hi", "--by", "sex", "--ci")  # fmt: skip
    assert code == 0, err
    assert "Coverage at 0.9" in out
    assert "always the median" in out
    assert "By sex" in out
    assert "Confusion" not in out


def test_the_command_writes_one_strict_object(capsys, path) -> None:
    code, out, _ = run(capsys, "metrics", path, "--task", "regression", "--y-true", "y", "--y-pred", "a=f", "--y-pred", "b=g",
                       "--interval", "a=90%=lo,hi", "--quantile", "b=0.5=g", "--weight", "w", "--format", "json")  # fmt: skip
    assert code == 0
    first, second = json.loads(out)["models"]
    assert (first["model"], second["model"]) == ("a", "b")
    assert "coverage@0.9" in first["metrics"]
    assert "coverage@0.9" not in second["metrics"]
    assert second["roles"]["quantile"] == {"0.5": "g"}
    assert first["metrics"]["mae"] == pytest.approx(sk.mean_absolute_error(FRAME["y"], FRAME["f"], sample_weight=FRAME["w"]))  # fmt: skip


@pytest.mark.parametrize(("words", "sentence"), [
    (("--interval", "lo,hi"), "is not of the form [NAME=]LEVEL=COLUMN"),
    (("--interval", "0.9=lo,hi", "--interval", "0.9=lo,hi"), "names 0.9 twice"),
    (("--interval", "0.9=lo,gone"), "no column 'gone'"),
    (("--threshold", "0.5"), "no threshold"),
])  # fmt: skip
def test_a_slip_is_refused_in_one_message(capsys, path, words: tuple[str, ...], sentence: str) -> None:
    code, out, err = run(
        capsys, "metrics", path, "--task", "regression", "--y-true", "y", "--y-pred", "f", *words
    )
    assert code == 2
    assert out == ""
    assert sentence in err


def test_the_task_is_listed_with_its_metrics_and_demo(capsys) -> None:
    _, out, _ = run(capsys, "list", "tasks", "--format", "json")
    task = next(entry for entry in json.loads(out)["tasks"] if entry["task"] == "regression")
    assert task["demos"] == ["diabetes"]
    assert "interval_score" in task["metrics"]
    _, out, _ = run(capsys, "list", "metrics", "Winkler")
    assert out.startswith("Task regression\n\ninterval_score")


def test_predicted_numbers_have_no_scores_to_count() -> None:
    with pytest.raises(DataError, match="have no scores"):
        read(FRAME, **ROLES).tally()


def test_intervals_and_quantiles_are_remembered_beside_the_file(capsys, path) -> None:
    place = remembered.place_of([path])
    assert place is not None
    roles = {"task": "regression", "y_true": "y", "y_pred": {"a": "f", "b": "g"}, "interval": {"a": {"0.9": ("lo", "hi")}}, "quantile": {"b": {"0.5": "g"}}}  # fmt: skip
    remembered.remember(place, roles)
    kept = remembered.remembered_roles([path])
    assert kept["interval"] == {"a": {"0.9": "lo,hi"}}
    code, out, err = run(capsys, "metrics", path, "--format", "json")
    assert code == 0, err
    assert "--interval a=0.9=lo,hi" in err
    assert "coverage@0.9" in json.loads(out)["models"][0]["metrics"]


def test_a_remembered_interval_whose_column_is_gone_is_let_go() -> None:
    kept = {"y_true": "y", "y_pred": "f", "interval": {"0.9": "lo,gone"}}
    roles, findings = remembered.still_there(kept, {"y", "f", "lo"}, "numbers.csv")
    assert "interval" not in roles
    assert "'gone'" in findings[0].text
