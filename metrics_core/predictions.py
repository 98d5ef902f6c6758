"""A table whose columns have roles and whose rows are judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from .cases import BinaryCases, Cases, ClassCases
from .checks import Finding
from .errors import DataError, did_you_mean
from .filters import Filter, parse
from .reduce import score_tally
from .roles import Model, Roles
from .source import Source
from .tally import ScoreTally


@dataclass(frozen=True, eq=False)
class Predictions:
    """A validated table of predictions.

    Attributes
    ----------
    source : Source
    roles : Roles
    reasons : mapping of str
        Why each column was given its role.
    findings : tuple of Finding
        What was noticed and repaired while reading.
    cases : mapping of str to Cases
        The judged rows of each model.
    labels : tuple of str
        The negative and the positive label, or all classes.
    """

    source: Source
    roles: Roles
    reasons: Mapping[str, str]
    findings: tuple[Finding, ...]
    cases: Mapping[str, Cases]
    labels: tuple[str, ...]
    _tallies: dict[str, ScoreTally] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """Name of the table."""
        return self.source.name

    def model(self, name: str | None = None) -> Model:
        """Return a model by name; the first one by default.

        Raises
        ------
        DataError
            If there is no such model.
        """
        for model in self.roles.models:
            if name is None or model.name == name:
                return model
        raise DataError(
            f"There is no model {name!r}. {did_you_mean(str(name), [m.name for m in self.roles.models])}"
        )

    def judged(self, model: str | None = None, where: Filter | str | None = None) -> Cases:
        """Return the judged rows of a model, narrowed by a filter."""
        cases = self.cases[self.model(model).name]
        return cases if where is None else cases.where(self.mask(where))

    def mask(self, where: Filter | str) -> NDArray[np.bool_]:
        """Tell for each row of the table whether it passes a filter."""
        condition = parse(where) if isinstance(where, str) else where
        return condition.mask(self.source.table(condition.columns))

    def tally(self, model: str | None = None) -> ScoreTally:
        """Return the score tally of a binary model over all judged rows; made once.

        Raises
        ------
        DataError
            If there are more than two classes.
        """
        name = self.model(model).name
        if name not in self._tallies:
            cases = self.cases[name]
            if self.roles.of_numbers:
                raise DataError(
                    "Predicted numbers have no scores, so there is no threshold and no curve of one."
                )
            if not isinstance(cases, BinaryCases):
                raise DataError(
                    "Scores of many classes are counted for one class against the rest: choose a class."
                )
            self._tallies[name] = score_tally(cases)
        return self._tallies[name]

    def against_rest(self, label: str) -> Predictions:
        """Look at one of many classes as the positive one.

        Parameters
        ----------
        label : str

        Returns
        -------
        Predictions
            Binary ones, with the same rows, models and findings.

        Raises
        ------
        DataError
            If there is no such class.
        """
        if label not in self.labels:
            raise DataError(f"There is no class {label!r}. {did_you_mean(label, self.labels)}")
        if self.roles.task == "binary":
            raise DataError("There are only two classes, so there is nothing to take one against.")
        cases: dict[str, Cases] = {}
        models = []
        for model in self.roles.models:
            of_model = self.cases[model.name]
            assert isinstance(of_model, ClassCases)  # the task is not binary
            cases[model.name] = of_model.against_rest(label)
            y_score = dict(model.proba).get(label)
            models.append(replace(model, y_score=y_score, score_kind="probability" if y_score else ""))
        roles = replace(
            self.roles, task="binary", models=tuple(models), pos_label=label, score_kind="probability"
        )
        return replace(self, roles=roles, cases=cases, labels=(f"not {label}", label), _tallies={})
