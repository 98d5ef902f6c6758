"""A plan as text: what cannot be read, the way into the core and back from a record, in words and as a command."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import metrics_core as mc
from app.cli import main
from app.datasets import Dataset
from app.state import Limit, Plan
from app.views import plan_words
from app.views.command_line import threshold_command
from app.views.hand_over import record
from app.views.worth import check_parts, worth_cells
from demo_data import demo
from metrics_core.decisions.record import Decision
from tests.planned import ROLES, answered, planned_table, selected

SPLIT = {"select_on": "validation", "report_on": "test"}
PLANS = {
    "f1": Plan(**SPLIT),
    "any beta": Plan(aim="f0.25", **SPLIT),
    "less is better": Plan(aim="fnr", limits=(Limit("fpr", "<=", "20%"),)),
    "strictly": Plan(aim="recall", limits=(Limit("precision", ">", "0.6"), Limit("flagged", "<=", "150"))),
    "costs": Plan(aim="cost", cost_fp="2.5", cost_fn="10 + 0.5*amount", gain_tp="-1", gain_tn="0.25"),
    "capacity": Plan(capacity="10%"),
    "capacity a day": Plan(capacity="3", per="day", select_on="validation"),
    "share a week": Plan(capacity="30%", per="week"),
    "prevalence": Plan(prevalence="2%", **SPLIT),
    "promises": Plan(aim="precision", promises=(Limit("recall", ">=", "60%"), Limit("specificity", ">=", "0.5")), confidence="90%", keep_promises=True),
}  # fmt: skip


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return planned_table(tmp_path_factory.mktemp("plans"))


@pytest.fixture(scope="module")
def predictions(path: Path) -> mc.Predictions:
    return mc.read(path, **ROLES)


def same(one: Decision, other: Decision) -> bool:
    def written(decision: Decision) -> str:
        return json.dumps(decision.to_dict() | {"created": ""}, sort_keys=True)

    return written(one) == written(other)


@pytest.mark.parametrize("name", PLANS)
def test_the_plan_of_a_record_makes_the_same_decision(predictions, name):
    decision = selected(predictions, PLANS[name], report=True).decision
    again = Plan.of(Decision.from_dict(json.loads(record(decision, ""))))
    assert again.problems(amounts=True) == {}
    assert same(selected(predictions, again, report=True).decision, decision)


@pytest.mark.parametrize(
    ("changed", "control", "said"),
    [({"aim": "cost", "cost_fp": "cheap"}, "cost_fp", "'cheap' is no cost"),
     ({"aim": "cost", "cost_fp": "0", "cost_fn": "0"}, "cost_fp", "every threshold costs the same"),
     ({"aim": "f-1"}, "aim", "'-1' is no beta"),
     ({"aim": "f0"}, "aim", "is no beta"),
     ({"limits": (Limit("recall", ">=", "90"),)}, "limit.0", "Write 90% if that is a percentage"),
     ({"limits": (Limit("recall", ">=", ""),)}, "limit.0", "Give a number"),
     ({"limits": (Limit("recall", ">=", "0.9"), Limit("recall", ">=", "90%"))}, "limit.1", "is there twice"),
     ({"capacity": "many"}, "capacity", "is no number"),
     ({"prevalence": "120%"}, "prevalence", "above 0% and below 100%"),
     ({"prevalence": "nan"}, "prevalence", "above 0% and below 100%"),
     ({"promises": (Limit("recall", ">=", "100%"),)}, "promise.0", "cannot be promised at 1"),
     ({"promises": (Limit("recall", ">=", "90%"),), "confidence": "sure"}, "confidence", "'sure' is not a confidence")],
)  # fmt: skip
def test_what_cannot_be_read_is_said_beside_its_control(changed, control, said):
    problems = Plan(**changed).problems(amounts=True)
    assert list(problems) == [control]
    assert said in problems[control]


def test_a_price_by_the_amount_needs_amounts():
    plan = Plan(aim="cost", cost_fn="amount")
    assert plan.problems(amounts=True) == {}
    assert list(plan.problems(amounts=False)) == ["cost_fn"]


@pytest.mark.parametrize("given", [("train", "val", "test"), ("Validation", "TEST"), ("dev", "holdout"), ("train", "eval")])  # fmt: skip
def test_the_first_plan_chooses_on_what_is_called_validation(predictions, given):
    plan = Plan.first(predictions, dict.fromkeys(given, 1))
    assert (plan.select_on, plan.report_on) == (given[-2], given[-1])


def test_splits_of_other_names_are_left_alone(predictions):
    plan = Plan.first(predictions, {"A": 1, "B": 2})
    assert (plan.select_on, plan.report_on) == (None, None)


def test_a_missed_positive_costs_its_amount_only_where_somebody_named_amounts(predictions, path):
    assert Plan.first(predictions, {}).cost_fn == "amount"
    unnamed = mc.read(path, y_true="label", y_score="p", pos_label="1")
    assert Plan.first(unnamed, {}).cost_fn == "1"


def test_the_sentence_says_all_of_the_plan():
    plan = replace(PLANS["promises"], limits=(Limit("flagged_share", "<=", "5%"),), capacity="7", per="week", prevalence="2%", **SPLIT)  # fmt: skip
    assert plan_words.sentence(plan, "region == 'north'").replace("\\", "") == (
        "Choose the threshold that **maximizes precision** subject to **flagged share ≤ 5%** and **at most 7 rows flagged a week**, "
        "on the **validation** rows (to be proven once on the **test** rows) where region == 'north', as if **2%** of them were "
        "positive; promise **recall ≥ 60%** and **specificity ≥ 50%** with 90% confidence, and look only at cuts that keep the promise."
    )


@pytest.mark.parametrize("plan", [Plan(aim="cost", cost_fp="*x*"), Plan(select_on="**b**"), Plan(prevalence="[a](b)"), Plan(capacity="`1`"),
                                  Plan(limits=(Limit("recall", ">=", "*"),)), Plan(aim="f*")])  # fmt: skip
def test_what_was_typed_is_no_markup(plan):
    said = plan_words.sentence(plan)
    bare = said.replace("**", "")
    assert all(bare[i - 1] == "\\" for i, sign in enumerate(bare) if sign in "*`[]")


@pytest.mark.parametrize("name", PLANS)
def test_the_table_shows_the_numbers_of_the_record(predictions, name):
    decision = selected(predictions, PLANS[name], report=True).decision
    cells = worth_cells(decision)
    assert [c.replace("On ", "") for c in cells.columns] == ["Where chosen", "Honest"] + ["test"] * (
        decision.reported is not None
    )
    chosen = cells["Where chosen"]
    counts = decision.apparent["confusion"]
    assert chosen["Flagged rows"].value.replace(",", "") == f"{counts['tp'] + counts['fp']:g}"
    if "costs" in decision.objective:
        total = sum(counts.values())
        assert chosen["Cost per 1,000 rows"].value == f"{1000 * decision.apparent['value'] / total:,.2f}"
    for head, text in zip(cells.index[1:], decision.constraints, strict=False):
        assert not cells["Where chosen"][head].broken, text


def test_a_limit_that_breaks_on_the_rows_reported_on_is_marked(predictions):
    plan = Plan(aim="recall", limits=(Limit("precision", ">=", "75%"),), **SPLIT)
    decision = selected(predictions, plan, report=True).decision
    kept = decision.reported["constraints"]["precision>=0.75"]
    assert worth_cells(decision)["On test"].iloc[1].broken == (kept < 0.75)
    assert kept < 0.75, "the table of this test was made so that it breaks"


@pytest.mark.parametrize(
    "changed", [{"apparent": None}, {"apparent": {"value": 1}}, {"reported": []}, {"apparent": {"metrics": 3}}]
)  # fmt: skip
def test_a_record_that_lacks_a_part_is_refused(predictions, changed):
    decision = selected(predictions, PLANS["f1"], report=True).decision
    with pytest.raises(mc.DataError, match="faultline threshold -o"):
        check_parts(replace(decision, **changed), "'d.json'")


@pytest.mark.parametrize("certificates", [[{}], [{"promise": 3, "confidence": 1}], ["text"]])
def test_promises_that_were_changed_by_hand_are_refused(predictions, certificates):
    decision = replace(selected(predictions, PLANS["f1"]).decision, certificates=tuple(certificates))
    with pytest.raises(mc.DataError):
        Plan.of(decision)


# ------------------------------------------------------------------------------------------------ the command


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[Dataset, str | None], Decision]:  # fmt: skip
    """Run a command where the file lies, and read the record it writes."""

    def run(dataset: Dataset, command: str | None) -> Decision:
        assert command is not None
        (tmp_path / dataset.paths[0].name).symlink_to(dataset.paths[0])
        monkeypatch.chdir(tmp_path)
        assert main(shlex.split(command.replace("\\\n", " "))[1:]) == 0
        capsys.readouterr()
        return Decision.load("decision.json")

    return run


def dataset_of(path: Path) -> Dataset:
    return Dataset(name="a table", title="a table", origin="launch", paths=(path,))


@pytest.mark.parametrize("name", PLANS)
def test_the_command_makes_the_same_decision(predictions, path, name, made):
    answer = answered(predictions, PLANS[name], report=True, where="region == 'north'")
    found = made(dataset_of(path), threshold_command(dataset_of(path), predictions, "p", answer, {}))
    assert same(found, answer.decision)


@pytest.mark.parametrize(
    "roles",
    [{"weight": "w", "weight_kind": "sampling"}, {"group": "patient"}, {"y_score": {"one": "p", "two": "q"}}, {"score_kind": "score"}],
)  # fmt: skip
def test_the_command_names_the_roles_that_matter(path, roles, made):
    predictions = mc.read(path, **{**ROLES, **roles})
    model = predictions.roles.models[-1].name
    answer = answered(predictions, PLANS["f1"], report=True, model=model)
    found = made(dataset_of(path), threshold_command(dataset_of(path), predictions, model, answer, {}))
    for part in ("threshold", "interval", "apparent", "honest", "reported"):
        assert getattr(found, part) == answer.decision.to_dict()[part], part


def test_the_command_takes_one_class_against_the_rest(made):
    digits = demo("digits")
    predictions = mc.read(digits.path, **digits.roles).against_rest("8")
    answer = answered(predictions, Plan())
    command = threshold_command(dataset_of(digits.path), predictions, predictions.roles.models[0].name, answer, {})  # fmt: skip
    found = made(dataset_of(digits.path), command)
    for part in ("pos_label", "threshold", "interval", "apparent"):
        assert getattr(found, part) == answer.decision.to_dict()[part], part


def test_no_command_takes_the_second_of_several_models_in_rows(tmp_path):
    path = planned_table(tmp_path)
    predictions = mc.read(path, **{**ROLES, "split": None, "model_column": "region"})
    second = predictions.roles.models[1].name
    dataset, answer = dataset_of(path), answered(predictions, Plan(), model=second)
    assert threshold_command(dataset, predictions, second, answer, {}) is None
    first = predictions.roles.models[0].name
    assert "--model-column region" in threshold_command(dataset, predictions, first, answer, {})
