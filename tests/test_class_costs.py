"""Costs of mix-ups among many classes: reading them, the class that costs least, thresholds of single classes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import metrics_core as mc
from metrics_core.cases import ClassCases
from metrics_core.decisions import class_costs
from metrics_core.decisions.choice import choose
from metrics_core.decisions.class_costs import ClassCosts, cheapest_classes, class_thresholds
from metrics_core.decisions.constraints import Constraint
from metrics_core.decisions.objectives import Objective
from metrics_core.decisions.rule import Rule
from metrics_core.errors import DataError
from metrics_core.reduce.classes import confusion_tally, one_vs_rest
from metrics_core.tally.confusion import confusion
from tests.class_tables import ClassRows, class_rows, random_classes, some_classes
from tests.tables import write

LABELS = ("cat", "dog", "owl")
COSTS = [[0.0, 1.0, 2.5], [5.0, 0.0, 1.0], [0.5, 3.0, -1.0]]
CSV = "true,cat,dog,owl\ncat,0,1,2.5\ndog,5,0,1\nowl,0.5,3,-1\n"


def some_costs(k: int, seed: int = 0) -> ClassCosts:
    cost = np.random.default_rng(seed).uniform(0, 10, (k, k))
    np.fill_diagonal(cost, 0)
    return ClassCosts(tuple(f"c{i:04d}" for i in range(k)), cost)


# ------------------------------------------------------------------------------------------------ reading


SHUFFLED = pd.DataFrame({"owl": [1.0, 2.5, -1.0], "cat": [5.0, 0.0, 0.5], "dog": [0.0, 1.0, 3.0]}, index=["dog", "cat", "owl"])  # fmt: skip
WITH_NAMES = {
    "true": ["owl", "cat", "dog"],
    "cat": [0.5, 0.0, 5.0],
    "dog": [3.0, 1.0, 0.0],
    "owl": [-1.0, 2.5, 1.0],
}
TABLES: dict[str, Any] = {
    "nested lists": COSTS,
    "array": np.array(COSTS),
    "mapping": {
        "owl": {"cat": 0.5, "dog": 3, "owl": -1},
        "cat": {"dog": 1, "owl": 2.5},
        "dog": {"owl": 1, "cat": "5"},
    },
    "pandas, index": SHUFFLED,
    "pandas, first column": pd.DataFrame(WITH_NAMES),
    "polars": pl.DataFrame(WITH_NAMES),
    "pyarrow": pa.table(WITH_NAMES),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_costs_is_read_in_the_order_of_the_classes(name: str) -> None:
    found = ClassCosts.read(TABLES[name], LABELS)
    assert found.labels == LABELS
    assert found.cost.tolist() == COSTS


@pytest.mark.parametrize(
    "text",
    [
        CSV,
        "\ufeff" + CSV,
        CSV.replace(",", "\t"),
        CSV.replace(",", ";").replace(".", ","),
        ",owl,dog,cat\r\n\r\ndog,1,0,5\r\ncat,2.5,1,0\r\nowl,-1,3,0.5\r\n",
        'true,"cat", dog ,owl\n"cat",0,1,2.5\ndog,5,0,1\nowl,.5,3e0,-1',
    ],
    ids=["plain", "mark", "tabs", "decimal comma", "other order", "quotes and blanks"],
)
def test_a_file_of_costs_is_read(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, text, "costs.csv")
    assert ClassCosts.read(path, LABELS).cost.tolist() == COSTS
    assert ClassCosts.read(str(path), LABELS).cost.tolist() == COSTS


def test_a_file_in_another_encoding_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, "x,Müll,Glas\nMüll,0,1\nGlas,2,0\n".encode("cp1252"), "costs.csv")
    assert ClassCosts.read(path, ["Glas", "Müll"]).cost.tolist() == [[0, 2], [1, 0]]


def test_classes_that_are_numbers_are_found_by_their_text() -> None:
    table = pd.DataFrame([[0.0, 7.0], [3.0, 0.0]], index=[10.0, 2.0], columns=[10, 2])
    assert ClassCosts.read(table, ["2", "10"]).cost.tolist() == [[0, 3], [7, 0]]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ([[0, 1], [1, 0]], r"are 2 x 2 numbers, and 3 classes need 3 x 3: .* in the order 'cat', 'dog', 'owl'\."),
        ([[0, 1, 1], [1, 0], [1, 1, 0]], "no table of 3 x 3 numbers: rows differ in length"),
        ([[0, "x", 1], [1, 0, 1], [1, 1, 0]], "or a cell is no number"),
        ([[0, np.nan, 1], [1, 0, 1], [1, np.inf, 0]], "2 of 9 costs are missing or infinite: true 'cat' predicted 'dog', true 'owl' predicted 'dog'"),
        ({"cat": {"dog": 1, "owl": 1}, "dog": {"cat": 1}, "owl": {"cat": 1, "dog": 1}}, "1 of 9 costs are missing or infinite: true 'dog' predicted 'owl'"),
        ({"cat": {"dog": 1, "owl": 1}, "dog": {"cat": 1, "owl": 1}}, r"lacks 1 of 3 true classes: 'owl'\. Add them"),
        ({"cat": {"dgo": 1}, "dog": {}, "owl": {}}, r"has the predicted class 'dgo', which the predictions do not have\. Did you mean 'dog'"),
        ({"cat": 3, "dog": {}, "owl": {}}, "costs of true class 'cat' are 3. Give them by predicted class"),
        (pd.DataFrame(WITH_NAMES).assign(dog=["1", "two", "3"]), "The cost of true 'cat' predicted 'dog' is 'two', which is no number"),
        (pd.DataFrame([[0.0] * 3] * 3, index=["cat", "cat", "owl"], columns=LABELS), "Class 'cat' is there twice"),
        (np.ones((3, 3)), "Whatever is predicted costs the same"),
        (b"costs", "a mapping or nested lists, not bytes"),
    ],
)  # fmt: skip
def test_a_table_of_costs_that_cannot_be_is_refused(data: Any, says: str) -> None:
    with pytest.raises(DataError, match=says):
        ClassCosts.read(data, LABELS)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", r"'costs\.csv' is empty"),
        (CSV.replace("dog,5,0,1", "dog,5,0"), r"Line 3 of 'costs\.csv' has 3 cells, and the first line has 4"),
        (CSV.replace("true,cat", "true,cta"), r"predicted class 'cta', which the predictions do not have\. Did you mean 'cat'"),
        (CSV.replace("5,0,1", "5,,1"), "1 of 9 costs are missing or infinite: true 'dog' predicted 'dog'"),
    ],
)  # fmt: skip
def test_a_file_of_costs_that_cannot_be_is_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        ClassCosts.read(write(tmp_path, text, "costs.csv"), LABELS)


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(DataError, match=r"There is no file 'nowhere/costs\.csv' with costs\."):
        ClassCosts.read("nowhere/costs.csv", LABELS)


# ------------------------------------------------------------------------------------------------ deciding


def test_the_cheapest_class_by_hand() -> None:
    """With .6 of cat, calling dog costs .6, calling cat .4 * 5."""
    costs = ClassCosts.read({"cat": {"dog": 1}, "dog": {"cat": 5}}, ["cat", "dog"])
    predicted, expected = costs.decide_with_cost([[0.6, 0.4], [0.9, 0.1]])
    assert predicted.tolist() == [1, 0]
    np.testing.assert_allclose(expected, [0.6, 0.5])


@given(some_classes(weighted=False), st.integers(0, 5))
def test_no_class_is_expected_to_cost_less(table: ClassRows, seed: int) -> None:
    costs = some_costs(table.n_classes, seed)
    predicted, expected = costs.decide_with_cost(np.asfortranarray(table.p))
    for p, chosen, cost in zip(table.p, predicted, expected, strict=True):
        each = [sum(p[t] * costs.cost[t, c] for t in range(table.n_classes)) for c in range(table.n_classes)]
        assert cost == pytest.approx(min(each))
        assert each[chosen] == pytest.approx(min(each))
        assert all(each[c] > min(each) for c in range(chosen))


@given(some_classes())
def test_with_equal_costs_the_first_most_probable_class_is_chosen(table: ClassRows) -> None:
    costs = ClassCosts.equal(table.labels)
    near = np.sort(table.p, axis=1)
    clear = np.all((np.diff(near) == 0) | (np.diff(near) > 1e-9), axis=1)  # a difference of rounding is a tie
    np.testing.assert_array_equal(costs.decide(table.p)[clear], table.p.argmax(1)[clear])


def test_equal_costs_that_differ_by_rounding_are_a_tie() -> None:
    """The sums of the other classes' probabilities are added up in different orders."""
    rng = np.random.default_rng(3)
    p = rng.dirichlet(np.ones(7), 500)
    p[:, 5] = p[:, 2] = p.max(1)
    costs = ClassCosts.equal([str(i) for i in range(7)])
    summed = p @ costs.cost
    assert (summed[:, 2] > summed[:, 5]).any()
    assert (costs.decide(p) == p.argmax(1)).all()


def test_a_class_with_commas_in_its_name_is_no_reason_to_cut_at_them(tmp_path: Path) -> None:
    path = write(tmp_path, "x;a,b,c,d;e\na,b,c,d;0;1,5\ne;2;0\n", "costs.csv")
    assert ClassCosts.read(path, ["a,b,c,d", "e"]).cost.tolist() == [[0, 1.5], [2, 0]]


def test_rows_are_decided_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    table, costs = random_classes(1, 1000, 7), some_costs(7)
    whole = costs.decide_with_cost(table.p)
    monkeypatch.setattr(class_costs, "CELLS_AT_A_TIME", 7 * 13)
    parts = costs.decide_with_cost(table.p)
    np.testing.assert_array_equal(parts[0], whole[0])
    np.testing.assert_allclose(parts[1], whole[1])
    assert costs.decide(np.zeros((0, 7))).shape == (0,)


def test_probabilities_that_do_not_add_up_to_one_are_scaled() -> None:
    table, costs = random_classes(2, 50, 3), some_costs(3)
    once, twice = costs.decide_with_cost(table.p), costs.decide_with_cost(2 * table.p)
    np.testing.assert_array_equal(once[0], twice[0])
    np.testing.assert_allclose(once[1], twice[1])
    assert np.isnan(costs.decide_with_cost(np.zeros((1, 3)))[1]).all()


def test_probabilities_have_to_be_of_the_same_classes() -> None:
    with pytest.raises(ValueError, match=r"probabilities of shape \(5, 4\) do not fit 3 classes"):
        some_costs(3).decide(np.ones((5, 4)))


def test_the_cost_of_a_matrix_by_hand() -> None:
    costs = ClassCosts.read(COSTS, LABELS)
    tally = confusion([[4, 1, 2], [3, 5, 0], [0, 2, 6]])
    assert float(costs.total(tally)) == 1 + 5 + 15 + 6 - 6
    assert float(costs.per_row(tally)) == 21 / 23
    several = tally.with_counts(np.stack([tally.counts, 2 * tally.counts]))
    np.testing.assert_allclose(costs.total(several), [21, 42])


def test_with_equal_costs_a_row_costs_the_error_rate() -> None:
    table = random_classes(3, 200, 4)
    tally = confusion_tally(table.cases())
    wrong = (table.decided != table.truth).mean()
    assert float(ClassCosts.equal(table.labels).per_row(tally)) == pytest.approx(wrong)


@pytest.mark.parametrize("weighted", [False, True])
def test_costs_before_and_after_are_what_counting_rows_gives(weighted: bool) -> None:
    drawn = random_classes(4, 500, 4, weighted=weighted)
    table = replace(drawn, predicted=np.random.default_rng(0).integers(0, 4, 500).astype(np.int32))
    costs = some_costs(4)
    found = cheapest_classes(table.cases(), costs)
    w = np.ones(500) if table.weight is None else table.weight
    chosen = {"decided": table.predicted, "most_probable": table.p.argmax(1), "cheapest": found.predicted}
    for name, predicted in chosen.items():
        assert found.per_row()[name] == pytest.approx(
            np.average(costs.cost[table.truth, predicted], weights=w)
        )
    assert found.changed == pytest.approx(np.average(found.predicted != table.predicted, weights=w))
    assert found.promised == pytest.approx(np.average((table.p @ costs.cost).min(1), weights=w))
    by_class = found.frame()
    assert by_class["predicted_cheapest"].sum() == pytest.approx(w.sum())
    assert (by_class["rows"] * by_class["cost_cheapest"]).sum() == pytest.approx(
        found.per_row()["cheapest"] * w.sum()
    )


def test_calibrated_probabilities_keep_their_promise() -> None:
    rng = np.random.default_rng(11)
    p = rng.dirichlet([0.5, 1, 2], 40_000)
    truth = (rng.random((40_000, 1)) > np.cumsum(p, axis=1)).sum(1).astype(np.int32)
    found = cheapest_classes(ClassRows(truth, p).cases(), some_costs(3, 2))
    per_row = found.per_row()
    assert found.promised == pytest.approx(per_row["cheapest"], abs=0.03)
    assert per_row["cheapest"] < per_row["most_probable"] - 0.1
    saving = per_row["decided"] - per_row["cheapest"]
    assert found.saving.low is not None
    assert found.saving.high is not None
    assert found.saving.low < saving < found.saving.high


def test_the_interval_of_the_saving_holds_the_truth_about_as_often_as_it_says() -> None:
    costs, held = some_costs(3, 2), 0
    whole = random_classes(12, 60_000, 3, sure=0.8)
    of_all = cheapest_classes(whole.cases(), costs).per_row()
    truth = of_all["decided"] - of_all["cheapest"]
    for start in range(0, 60_000, 200):
        saving = cheapest_classes(whole.at(slice(start, start + 200)).cases(), costs).saving
        assert saving.low is not None
        assert saving.high is not None
        held += saving.low <= truth <= saving.high
    assert 0.91 < held / 300 < 0.985


def test_rows_that_belong_together_are_drawn_together() -> None:
    drawn = random_classes(13, 100, 3, sure=0.5)
    ten_times = drawn.at(np.tile(np.arange(100), 10))
    alone = cheapest_classes(drawn.cases(), some_costs(3)).saving
    together = cheapest_classes(ten_times.cases(together=np.tile(np.arange(100), 10)), some_costs(3)).saving
    apart = cheapest_classes(ten_times.cases(), some_costs(3)).saving
    widths = [s.high - s.low for s in (alone, together, apart) if s.low is not None and s.high is not None]
    assert together.method == "group_bootstrap"
    assert widths[1] == pytest.approx(widths[0], rel=0.15)
    assert widths[2] < 0.4 * widths[0]


def test_no_interval_where_every_row_saves_the_same() -> None:
    sure = class_rows("aabb", "aabb", classes="ab")
    found = cheapest_classes(sure.cases(), ClassCosts.equal(sure.labels))
    assert (found.saving.low, found.saving.reason) == (None, "every row saves the same")


@pytest.mark.parametrize(
    ("cases", "error", "says"),
    [
        (random_classes(14, 20, 3).cases(with_p=False), DataError, "follows from probabilities, and this model has none"),
        (random_classes(14, 20, 3).at(slice(0, 0)).cases(), DataError, "No row is left"),
        (random_classes(14, 20, 4).cases(), ValueError, "the costs are of other classes"),
    ],
)  # fmt: skip
def test_what_cannot_be_decided_is_refused(cases: ClassCases, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        cheapest_classes(cases, some_costs(3))


# ------------------------------------------------------------------------------------------------ thresholds


def test_a_class_gets_the_threshold_it_would_get_as_a_binary_table() -> None:
    table = random_classes(15, 400, 3)
    rule = Rule(Objective.read(maximize="recall"), (Constraint.read("precision>=0.7"),))
    found = class_thresholds(one_vs_rest(table.cases()), table.labels, rule)
    for k in range(3):
        flagged, positive = table.p[:, k] >= found.threshold[k], table.truth == k
        precision = (flagged & positive).sum() / flagged.sum()
        recall = (flagged & positive).sum() / positive.sum()
        row = found.frame().iloc[k]
        assert (row["precision"], row["recall"], row["value"], row["flagged"]) == (
            precision,
            recall,
            recall,
            flagged.sum(),
        )
        assert precision >= 0.7
        for cut in np.unique(table.p[:, k]):
            other = table.p[:, k] >= cut
            better = (other & positive).sum() / positive.sum() > recall
            assert not (better and (other & positive).sum() >= 0.7 * other.sum())


def test_classes_without_enough_rows_or_a_feasible_threshold_say_why() -> None:
    table = random_classes(16, 300, 3, shares=[0.6, 0.39, 0.01], sure=1.0)
    rule = Rule(
        Objective.read(maximize="recall"), (Constraint.read("precision>=0.9"), Constraint.read("recall>=0.9"))
    )
    found = class_thresholds(one_vs_rest(table.cases()), table.labels, rule)
    n = int((table.truth == 2).sum())
    assert found.reasons[2] == f"{n} positive rows are fewer than 10"
    assert found.choices[2] is None
    assert "no threshold keeps to all constraints" in found.reasons[1]
    assert np.isnan(found.threshold[1:]).all()
    assert np.isnan(found.frame()["recall"].iloc[1])


def test_real_probabilities_of_twenty_classes(shared_data: Callable[[str], Path]) -> None:
    """A mistake between newsgroups of different topics costs five times one within a topic."""
    predictions = mc.read(shared_data("news20_multiclass.csv"), y_true="y_true", proba_prefix="proba_")
    cases = next(iter(predictions.cases.values()))
    assert isinstance(cases, ClassCases)
    topic = [label.split(".")[0] for label in cases.labels]
    cost = [[0.0 if a == b else 1.0 if topic[i] == topic[j] else 5.0 for j, b in enumerate(cases.labels)] for i, a in enumerate(cases.labels)]  # fmt: skip
    found = cheapest_classes(cases, ClassCosts.read(cost, cases.labels))
    per_row = found.per_row()
    assert per_row["cheapest"] < per_row["most_probable"]
    assert found.saving.low is not None
    assert found.saving.high is not None
    assert found.saving.low < per_row["decided"] - per_row["cheapest"] < found.saving.high
    assert cases.probabilities is not None
    risk = cases.probabilities @ np.array(cost)
    np.testing.assert_allclose(risk[np.arange(len(cases)), found.predicted], risk.min(1), atol=1e-9)
    chosen = class_thresholds(one_vs_rest(cases), cases.labels, Rule(Objective.read(maximize="f1")))
    assert all(reason == "" for reason in chosen.reasons)
    alone = choose(one_vs_rest(cases).classes[3], Rule(Objective.read(maximize="f1")))
    assert chosen.threshold[3] == alone.threshold
