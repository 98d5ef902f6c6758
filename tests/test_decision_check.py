"""Whether a recorded decision still holds: verdicts on rows whose counts were laid out by hand."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, log, nan
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

import metrics_core as mc
from app.commands.decision_text import check_text
from metrics_core.decisions.check import check
from metrics_core.decisions.drift import bands_of, drift_of
from metrics_core.source import open_source
from tests.recorded import checked, decision, laid_out, strict
from tests.tables import random_rows

# ---------------------------------------------------------------------------------------- constraints


@pytest.mark.parametrize(
    ("counts", "verdict", "words"),
    [
        ((95, 5, 10, 90), "holds", "'precision>=0.9' holds: 0.95 ("),
        ((17, 3, 10, 90), "unclear", "'precision>=0.9' does not hold here, but chance alone explains that: 0.85 ("),
        ((50, 50, 10, 90), "broken", "'precision>=0.9' is broken, beyond what chance explains: 0.5 ("),
        ((0, 0, 10, 90), "unclear", "'precision>=0.9' cannot be judged: it is undefined on these rows."),
    ],
)  # fmt: skip
def test_a_constraint_is_judged_by_its_interval(
    counts: tuple[int, int, int, int], verdict: str, words: str
) -> None:
    found = checked(decision(constraints=["precision>=0.9"]), laid_out(*counts))
    (judged,) = found.judgements
    assert (judged.text, judged.kind, judged.verdict) == ("precision>=0.9", "constraint", verdict)
    assert judged.about.startswith(words)
    assert found.holds is (verdict != "broken")
    tp, fp, *_ = counts
    if tp + fp:
        span = binomtest(tp, tp + fp).proportion_ci(0.95, method="wilson")
        assert (judged.low, judged.high) == (pytest.approx(span.low), pytest.approx(span.high))


def test_the_interval_has_the_level_asked_for() -> None:
    record = decision(constraints=["precision>=0.9"])
    verdicts = [
        checked(record, laid_out(17, 3, 0, 5), level=level).judgements[0].verdict for level in (0.5, 0.95)
    ]
    assert verdicts == ["broken", "unclear"]


@pytest.mark.parametrize(
    ("text", "verdict"),
    [("flagged<=20", "holds"), ("flagged<=19", "broken"), ("flagged_share<=0.2", "holds"), ("flagged_share<=0.15", "unclear"), ("flagged_share<=0.05", "broken")],
)  # fmt: skip
def test_flags_are_counted(text: str, verdict: str) -> None:
    found = checked(decision(constraints=[text]), laid_out(15, 5, 0, 80))
    assert [j.verdict for j in found.judgements] == [verdict]


def test_flags_are_counted_with_their_weights() -> None:
    frame = laid_out(10, 0, 0, 90, w=3)
    roles = {"weight": "w", "weight_kind": "frequency"}
    record = decision(constraints=["flagged<=20", "flagged_share<=0.1"])
    count, share = checked(record, frame, roles=roles).judgements
    span = binomtest(30, 300).proportion_ci(0.95, method="wilson")
    assert (count.value, count.verdict) == (30, "broken")
    assert (share.value, share.low) == (pytest.approx(0.1), pytest.approx(span.low))


def test_a_capacity_per_day_is_left_out_and_that_is_said() -> None:
    found = checked(decision(constraints=["flagged<=1 per day", "recall>=0.1"]), laid_out(9, 9, 1, 1))
    assert [j.text for j in found.judgements] == ["recall>=0.1"]
    assert "'flagged<=1 per day' was not judged: the check does not count by day or week." in [f.text for f in found.findings]  # fmt: skip


def test_any_f_score_and_the_net_benefit_of_the_cut_are_judged() -> None:
    found = checked(decision(constraints=["f3>=0.5", "net_benefit>=0.2"]), laid_out(30, 10, 10, 50))
    values = {j.text: j.value for j in found.judgements}
    assert values == {"f3>=0.5": pytest.approx(10 * 30 / (10 * 30 + 9 * 10 + 10)), "net_benefit>=0.2": pytest.approx(0.2)}  # fmt: skip


def test_an_infinite_value_holds_and_is_null_in_json() -> None:
    found = checked(decision(constraints=["lr_positive>=5"]), laid_out(5, 0, 5, 90))
    (judged,) = found.judgements
    assert (judged.value, judged.verdict) == (inf, "holds")
    assert strict(found.to_dict())["judgements"][0]["value"] is None


def test_a_constraint_without_an_interval_is_never_broken() -> None:
    frame = laid_out(50, 50, 10, 90, g="all")
    (judged,) = checked(decision(constraints=["precision>=0.9"]), frame, roles={"group": "g"}).judgements
    assert (judged.verdict, judged.value) == ("unclear", 0.5)
    assert judged.about == "'precision>=0.9' does not hold here, and how sure that is cannot be said: 0.5."


def test_rows_that_belong_together_are_drawn_together() -> None:
    frame = laid_out(40, 40, 40, 40, g=np.repeat(np.arange(16), 10))
    record = decision(constraints=["f3>=0.2"])
    alone, together = (checked(record, frame, roles={"group": g} if g else None) for g in ("", "g"))
    assert {span.method for span in together.intervals.values()} == {"group_bootstrap"}
    spans = [j.high - j.low for j in (alone.judgements[0], together.judgements[0])]
    assert spans[1] > 1.5 * spans[0]


# -------------------------------------------------------------------------------------------- promises

RATES: dict[str, Callable[[int], tuple[int, int, int, int]]] = {
    "recall>=0.9": lambda bad: (60 - bad, 0, bad, 40),
    "fnr<=0.1": lambda bad: (60 - bad, 0, bad, 40),
    "fpr<=0.1": lambda bad: (40, bad, 0, 60 - bad),
    "specificity>=0.9": lambda bad: (40, bad, 0, 60 - bad),
    "precision>=0.9": lambda bad: (60 - bad, bad, 0, 40),
}


def promised(text: str, **more: Any) -> dict[str, Any]:
    return {
        "promise": text,
        "holds": True,
        "confidence": 0.95,
        "covers_threshold": True,
        "threshold": 0.5,
    } | more


@pytest.mark.parametrize("text", RATES)
@pytest.mark.parametrize("bad", [0, 5, 6, 7, 9, 10, 11, 12, 20])
def test_a_promise_is_broken_when_an_exact_test_rejects_it(text: str, bad: int) -> None:
    (judged,) = checked(decision(certificates=[promised(text)]), laid_out(*RATES[text](bad))).judgements
    p = binomtest(bad, 60, 0.1, alternative="greater").pvalue
    assert judged.verdict == ("holds" if bad <= 6 else "broken" if p < 0.05 else "unclear")
    rate = bad / 60 if "<=" in text else 1 - bad / 60
    assert judged.value == pytest.approx(rate)
    end = binomtest(bad, 60).proportion_ci(0.9).low  # one-sided 95 %
    assert (judged.low if "<=" in text else 1 - judged.high) == pytest.approx(end)


def test_a_promise_of_another_cut_is_not_judged() -> None:
    record = decision(certificates=[promised("recall>=0.9", covers_threshold=False, threshold=0.2)])
    (judged,) = checked(record, laid_out(1, 0, 99, 0)).judgements
    assert judged.verdict == "unclear"
    assert judged.about == "'recall>=0.9' was promised of the cut 0.2, not of the one decided on."


def test_what_was_never_promised_is_not_judged() -> None:
    record = decision(certificates=[promised("recall>=0.9", holds=False)])
    assert checked(record, laid_out(1, 0, 99, 0)).judgements == ()


def test_a_promise_without_rows_is_unclear() -> None:
    (judged,) = checked(decision(certificates=[promised("precision>=0.9")]), laid_out(0, 0, 9, 9)).judgements
    assert (judged.verdict, judged.about) == (
        "unclear",
        "'precision>=0.9' cannot be judged: no row counts towards it.",
    )


# ----------------------------------------------------------------------------------------------- drift


@pytest.mark.parametrize(("power", "verdict"), [(1.0, "stable"), (1.5, "shifted"), (3.0, "drifted")])
def test_scores_that_move_are_noticed(power: float, verdict: str) -> None:
    score = np.random.default_rng(0).random(2000)
    found = drift_of(bands_of(score), score**power)
    old = np.bincount(np.searchsorted(bands_of(score)["edges"], score, "right"), minlength=10) + 0.5
    new = np.bincount(np.searchsorted(bands_of(score)["edges"], score**power, "right"), minlength=10) + 0.5
    terms = zip(old / old.sum(), new / new.sum(), strict=True)
    assert found.verdict == verdict
    assert found.index == pytest.approx(sum((q - p) * log(q / p) for p, q in terms))


def test_a_few_rows_say_nothing_about_drift() -> None:
    score = np.linspace(0, 1, 199)
    assert drift_of(bands_of(np.linspace(0, 1, 500)), score).verdict == "unknown"
    assert drift_of(bands_of(score), np.linspace(0, 1, 500)).verdict == "unknown"
    assert drift_of(None, score).to_dict() == {"index": None, "verdict": "unknown", "rows": 199}


def test_scores_with_ties_make_fewer_bands() -> None:
    score = np.repeat([0.0, 0.5, 1.0], [500, 300, 200])
    bands = bands_of(score)
    assert (bands["edges"], bands["rows"]) == ([0.0, 0.5, 1.0], 1000)
    assert bands["shares"] == [0.0, 0.5, 0.3, 0.2]
    assert drift_of(bands, score).index == pytest.approx(0)


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        ({"edges": [0.5]}, "they need 'edges', 'shares' and 'rows' as numbers"),
        ({"edges": ["a"], "shares": [0.5, 0.5], "rows": 500}, "they need 'edges'"),
        ({"edges": [0.5], "shares": [0.5, 0.5], "rows": "many"}, "they need 'edges'"),
        (
            {"edges": [0.5], "shares": [1.0], "rows": 500},
            "there must be one share more than there are rising edges",
        ),
        ({"edges": [0.5, 0.5], "shares": [0.5, 0.2, 0.3], "rows": 500}, "there must be one share more"),
        ({"edges": 0.5, "shares": [0.5, 0.5], "rows": 500}, "there must be one share more"),
        ({"edges": [0.5], "shares": [nan, 1.0], "rows": 500}, "there must be one share more"),
    ],
)
def test_damaged_bands_are_refused(scores: dict[str, Any], words: str) -> None:
    with pytest.raises(mc.DataError, match=words):
        checked(decision(scores=scores), laid_out(5, 5, 5, 5))


def test_drift_breaks_the_decision() -> None:
    score = np.random.default_rng(1).random(1000)
    record = decision(scores=bands_of(score))
    y = (np.arange(1000) % 2).astype(int)
    steady, moved = (checked(record, pd.DataFrame({"y": y, "p": p})) for p in (score, score**4))
    assert (steady.holds, steady.judgements) == (True, ())
    assert (moved.holds, [(j.kind, j.verdict) for j in moved.judgements]) == (False, [("drift", "broken")])


def test_a_long_verdict_is_printed_to_its_end() -> None:
    score = np.random.default_rng(1).random(1000)
    frame = pd.DataFrame({"y": (np.arange(1000) % 2).astype(int), "p": score**4})
    found = checked(decision(scores=bands_of(score)), frame)
    assert f"(population stability index {found.drift.index:.3f})." in " ".join(check_text(found).split())


# ------------------------------------------------------------------------------------- rows, roles, costs


def test_counts_and_metrics_are_those_of_the_rows() -> None:
    found = checked(decision(), laid_out(4, 3, 2, 1))
    shown = strict(found.to_dict())
    assert shown["confusion"] == {"labels": ["not 1", "1"], "matrix": [[1, 3], [2, 4]]}
    assert (shown["rows_used"], shown["flagged"], shown["flagged_share"]) == (10, 7, 0.7)
    assert shown["metrics"]["precision"] == 4 / 7
    assert shown["intervals"].keys() == {"precision", "recall", "fpr", "f1", "accuracy"}
    assert found.value == pytest.approx(8 / 13)


def test_groups_are_judged_at_their_own_thresholds() -> None:
    frame = random_rows(0, 200).frame(site=np.where(np.arange(200) % 3, "x", "y"))
    groups = [{"column": "site", "value": "y", "where": "site == 'y'", "threshold": 0.25}]
    found = checked(decision(thresholds=groups), frame.rename(columns={"y_true": "y", "y_score": "p"}))
    flags = frame["y_score"] >= np.where(frame["site"] == "y", 0.25, 0.5)
    assert found.outcomes is not None
    assert (found.flagged, found.outcomes.tp) == (flags.sum(), (flags & (frame["y_true"] == 1)).sum())


def test_costs_are_added_up_when_the_rows_have_amounts() -> None:
    record = decision(objective={"minimize": "cost", "costs": {"fp": "1", "fn": "amount"}})
    frame = laid_out(4, 3, 2, 1, amount=np.arange(10.0))
    assert checked(record, frame, roles={"amount": "amount"}).value == 3 + 7 + 8
    assert checked(record, frame.drop(columns="amount")).value is None


def test_of_several_models_with_one_score_column_the_decided_one_is_judged() -> None:
    frame = pd.concat([laid_out(9, 0, 1, 10, m="a"), laid_out(1, 5, 9, 5, m="b")])
    found = checked(decision(model="b"), frame, roles={"model_column": "m"})
    assert (found.rows, found.flagged) == (20, 6)


def test_scores_of_another_kind_are_refused() -> None:
    frame = laid_out(4, 3, 2, 1).assign(p=lambda f: f["p"] * 9 - 4)
    with pytest.raises(mc.DataError, match="The threshold belongs to scores of kind 'probability', but here they were read as 'margin'"):  # fmt: skip
        checked(decision(), frame, roles={"score_kind": "margin"})


def test_another_positive_label_is_refused() -> None:
    with pytest.raises(mc.DataError, match="The decision flags '1', but here '0' is positive"):  # fmt: skip
        checked(decision(), laid_out(4, 3, 2, 1), roles={"pos_label": "0"})


def test_a_table_read_without_the_score_is_refused() -> None:
    frame = laid_out(4, 3, 2, 1).assign(q=lambda f: f["p"])
    with pytest.raises(mc.DataError, match="was read without the score column 'p' of this decision"):
        checked(decision(), frame, roles={"y_score": "q"})
    assert checked(decision(), frame, roles={"y_score": "q"}, y_score="q").flagged == 7


def test_a_decision_without_a_threshold_cannot_be_checked() -> None:
    with pytest.raises(mc.DataError, match="No threshold was feasible when this decision was made"):
        checked(decision(threshold=None, feasible=False), laid_out(1, 1, 1, 1))


def test_groups_need_their_column() -> None:
    groups = [{"column": "site", "value": "y", "where": "site == 'y'", "threshold": 0.25}]
    with pytest.raises(mc.DataError, match="has no column 'site'"):
        checked(decision(thresholds=groups), laid_out(1, 1, 1, 1))


def test_without_labels_flags_and_scores_are_compared() -> None:
    score = np.random.default_rng(2).random(1000)
    record = decision(constraints=["precision>=0.9", "flagged_share<=0.2"], scores=bands_of(score), apparent={"flagged_share": 0.25})  # fmt: skip
    found = check(record, open_source(pd.DataFrame({"p": np.append(score, [nan, 7.0])})))
    assert (found.labelled, found.rows, found.flagged) == (False, 1000, int((score >= 0.5).sum()))
    assert [(j.text, j.verdict) for j in found.judgements] == [("scores as before", "holds"), ("flagged_share<=0.2", "broken")]  # fmt: skip
    assert {"unlabelled", "flagged-share"} <= {f.id for f in found.findings}
    assert strict(found.to_dict()).keys().isdisjoint({"metrics", "confusion"})
