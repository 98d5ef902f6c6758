"""The models whose calibration can be looked at, and what is computed of each, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app import state
from app.views.gate import Shown
from metrics_core import calibration
from metrics_core.calibration import BrierParts, Chance, Reliability, Strategy
from metrics_core.cases import BinaryCases, ClassCases
from metrics_core.reduce.scores import with_cuts
from metrics_core.results import ModelEvaluation
from metrics_core.tally import ScoreTally
from metrics_core.tally.bins import ECE_BINS


@dataclass(frozen=True, eq=False)
class Judged:
    """A model with probabilities: of the positive class, or of its decisions among many classes.

    Attributes
    ----------
    name : str
    order : int
        Place among all models: gives colour, dash and symbol.
    tally : ScoreTally
    evaluation : ModelEvaluation
    """

    name: str
    order: int
    tally: ScoreTally
    evaluation: ModelEvaluation

    def cases(self) -> BinaryCases:
        """Return the rows of the tally; of many classes right decisions are positive."""
        cases = self.evaluation.cases
        if isinstance(cases, ClassCases):
            return calibration.right_or_wrong(cases)
        return self.evaluation.binary_cases


@dataclass(frozen=True)
class Binning:
    """How scores are put into bins."""

    strategy: Strategy = "width"
    bins: int = ECE_BINS

    @property
    def registered(self) -> bool:
        """Whether these are the bins of the metric ``ece``."""
        return self == Binning()


def judged_models(shown: Shown) -> list[Judged]:
    """Return the models whose scores are probabilities, in the order of the file."""
    found = []
    for order, m in enumerate(shown.evaluation.models):
        tally = m.tallies.get(ScoreTally)
        if isinstance(tally, ScoreTally) and tally.probability:
            found.append(Judged(m.model, order, tally, m))
    return found


def kept_as(shown: Shown, one: Judged) -> str:
    """Return a key that names the rows and the model."""
    v = state.view()
    return f"calibration|{state.identity(shown.predictions)}|{v.where}|{v.exact}|{one.name}"


def bins_of(shown: Shown, one: Judged, binning: Binning) -> tuple[Reliability, Chance]:
    """Return the bins of a model and what their error would be by chance alone."""

    def make() -> tuple[Reliability, Chance]:
        tally, cases = _divided(one, binning), _where_together(one)
        found = calibration.reliability(tally, bins=binning.bins, strategy=binning.strategy, cases=cases)
        chance = calibration.ece_by_chance(tally, bins=binning.bins, strategy=binning.strategy)
        return found, chance

    return state.kept(f"{kept_as(shown, one)}|{binning}", make)


def brier_of(shown: Shown, one: Judged) -> tuple[BrierParts, Chance]:
    """Return the parts of the Brier score and what the first would be by chance alone."""
    return state.kept(
        f"{kept_as(shown, one)}|brier",
        lambda: (calibration.brier_parts(one.tally), calibration.brier_by_chance(one.tally)),
    )


def off(bins: Reliability) -> Sequence[int]:
    """Return the bins whose mean score lies outside the interval of what happened, the farthest off in rows first."""
    outside = (bins.mean_score < bins.rate_low) | (bins.mean_score > bins.rate_high)
    weight = np.where(outside, np.abs(bins.mean_score - bins.rate) * bins.rows, 0.0)
    order = np.argsort(-weight, kind="stable")
    return [int(i) for i in order if outside[i]]


def pattern(bins: Reliability) -> str:
    """Say how the bins that are off differ from what happened: where scores are too high, and where too low.

    Returns
    -------
    {"", "high", "low", "timid", "bold", "mixed"}
        Empty when no bin is off; ``timid`` when low scores are too high and high ones too low, so that the model could be
        surer than it is; ``bold`` when it is the other way round.
    """
    high = np.flatnonzero(bins.mean_score > bins.rate_high)
    low = np.flatnonzero(bins.mean_score < bins.rate_low)
    if not high.size or not low.size:
        return "high" if high.size else "low" if low.size else ""
    if high.max() < low.min():
        return "timid"
    return "bold" if low.max() < high.min() else "mixed"


def direction(bins: Reliability) -> str:
    """Say in a word or two which way scores are off: on the whole, else at both ends; empty when neither is sure."""
    if bins.direction != "none":
        return bins.direction
    return {"timid": "too timid", "bold": "too bold"}.get(pattern(bins), "")


def _divided(one: Judged, binning: Binning) -> ScoreTally:
    """Divide narrow bins of scores where the wider ones end, so that no row is counted in the wrong one."""
    if one.tally.exact or binning.strategy != "width" or binning.registered:
        return one.tally
    cases = one.cases()
    assert cases.score is not None  # there is a tally of them
    cuts = np.nextafter(np.arange(1, binning.bins) / binning.bins, 1.0)  # a bin holds its upper end
    return with_cuts(one.tally, cases.score, cases.positive, cases.weight, cuts.tolist())


def _where_together(one: Judged) -> BinaryCases | None:
    """Return the rows where some belong together, so that the intervals allow for it."""
    return None if one.evaluation.cases.together is None else one.cases()
