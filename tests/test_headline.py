"""The cards of the headline: which metrics, what they are counted on, what they have to beat."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest

import metrics_core as mc
from app import state
from app.components.metric_cards import Card
from app.views import headline as view
from app.views.gate import Shown
from metrics_core import values
from metrics_core.intervals import intervals_of
from metrics_core.metrics import registry
from metrics_core.metrics.spec import MetricSpec
from metrics_core.tally import Outcomes

Cards = Callable[..., dict[str, Card]]
# 40 positives and 160 negatives; 30 of 50 flagged rows are right.
TRUTH = ["fraud"] * 40 + ["legitimate, as far as anybody knows"] * 160
SCORE = [0.9] * 30 + [0.1] * 10 + [0.8] * 20 + [0.2] * 140


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch) -> Cards:
    """Build the cards of a table as a page would."""

    def build(
        frame: pd.DataFrame | None = None, threshold: float | None = None, **roles: object
    ) -> dict[str, Card]:
        frame = pd.DataFrame({"label": TRUTH, "p": SCORE}) if frame is None else frame
        predictions = mc.read(frame, **({"y_true": "label", "y_score": "p", "pos_label": "fraud"} | roles))
        evaluation = mc.evaluate(predictions, threshold=threshold)
        found = intervals_of(evaluation.models[0], replicates=50)
        monkeypatch.setattr(state, "intervals", lambda predictions, model: found)
        shown = Shown(predictions, predictions.model(), evaluation, evaluation.models[0], None)
        return {card.key: card for card in view.headline(shown)}

    return build


def test_ranking_comes_first_and_six_are_enough(cards: Cards) -> None:
    assert list(cards()) == ["roc_auc", "average_precision", "precision", "recall", "f1", "accuracy"]


def test_without_a_score_the_decision_is_judged_more_closely(cards: Cards) -> None:
    frame = pd.DataFrame({"label": TRUTH, "flag": ["fraud" if s >= 0.5 else "not" for s in SCORE]})
    frame["flag"] = frame["flag"].where(frame["flag"] == "fraud", TRUTH[-1])
    found = cards(frame, y_score=None, y_pred="flag")
    assert list(found) == ["precision", "recall", "f1", "accuracy", "balanced_accuracy", "mcc"]
    assert found["mcc"].ends == ("−1", "1")
    assert found["mcc"].baseline == 0.5


def test_a_rate_says_how_many_of_how_many(cards: Cards) -> None:
    found = cards()
    assert (found["precision"].value, found["precision"].detail) == ("60.0%", "30 of 50")
    assert (found["recall"].value, found["recall"].detail) == ("75.0%", "30 of 40")
    assert (found["accuracy"].value, found["accuracy"].detail) == ("85.0%", "170 of 200")
    assert found["roc_auc"].detail == "of 200 rows"


@pytest.mark.parametrize(
    ("key", "label", "at"),
    [
        ("roc_auc", "chance 0.500", 0.5),
        ("average_precision", "prevalence 0.200", 0.2),
        ("precision", "prevalence 20.0%", 0.2),
        ("recall", "at random 25.0%", 0.25),
        ("f1", "flag every row 0.333", 1 / 3),
        ("accuracy", "always 'legitimate, as fa…' 80.0%", 0.8),
    ],
)
def test_each_stands_beside_what_knows_nothing_of_the_row(
    cards: Cards, key: str, label: str, at: float
) -> None:
    card = cards()[key]
    assert card.baseline_label == label
    assert card.baseline == pytest.approx(at)


def test_marks_are_fractions_of_the_metrics_own_axis(cards: Cards) -> None:
    card = cards()["recall"]
    assert card.position == 0.75
    assert card.low is not None
    assert card.high is not None
    assert card.low < 0.75 < card.high
    assert card.interval == f"95% CI {100 * card.low:.1f}–{100 * card.high:.1f}%"
    assert card.ends == ("0%", "100%")


def test_what_is_undefined_gives_its_reason_and_no_bar(cards: Cards) -> None:
    card = cards(threshold=0.95)["precision"]
    assert (card.value, card.reason) == ("n/a", "no row is predicted positive")
    assert (card.position, card.low, card.high, card.baseline) == (None, None, None, None)
    assert card.interval == ""


def test_weights_are_sums_and_rows_stay_rows(cards: Cards) -> None:
    frame = pd.DataFrame({"label": TRUTH, "p": SCORE, "w": np.where(np.arange(200) < 30, 0.25, 1.0)})
    found = cards(frame, weight="w")
    assert found["recall"].detail == "7.5 of 17.5"
    assert found["roc_auc"].detail == "of 200 rows"


def test_a_new_primary_metric_gets_a_card(cards: Cards, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = MetricSpec(key="found_per_alarm", label="Found per alarm", fn=lambda o: o.tp / np.maximum(o.fp, 1), task="binary",
                      of=Outcomes, better="higher", low=0.0, high=np.inf, undefined_when="never", about="True over false positives.",
                      source="here", interval="multinomial", primary=True)  # fmt: skip
    more = MappingProxyType({**registry.REGISTRY, ("binary", spec.key): spec})
    for module in (registry, values):
        monkeypatch.setattr(module, "REGISTRY", more)
    card = cards()["found_per_alarm"]
    assert (card.label, card.value, card.position, card.ends) == ("Found per alarm", "1.500", None, ("", ""))
    assert card.interval.startswith("95% CI ")


def test_chance_is_written_as_zero_where_shares_of_rows_leave_dust(cards: Cards) -> None:
    counts = [2270, 834, 1576, 11601]  # tp fp fn tn; their expected shares do not cancel in binary fractions
    frame = pd.DataFrame({"label": np.repeat([1, 0, 1, 0], counts), "flag": np.repeat([1, 1, 0, 0], counts)})
    found = cards(frame, y_score=None, y_pred="flag", pos_label="1")
    assert found["mcc"].baseline_label == "chance 0.000"
