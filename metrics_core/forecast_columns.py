"""The columns of forecasts: which series and moment a row is for, when it was made, and what was known by then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from math import ceil

import numpy as np
from numpy.typing import NDArray

from .cases import BoolArray, IntArray
from .checks import Finding, rows_of, severity_of_share
from .columns import HISTORY, Sieve
from .errors import DataError, did_you_mean, example_rows
from .forecast_cases import ForecastCases, Timeline
from .forecast_checks import (
    horizon_differs,
    horizon_unit,
    listed,
    one_step,
    other_step,
    other_values,
    without_scale,
)
from .forecasts.grid import Step, find_step, gaps, place_before, place_passed, places, usual_season
from .forecasts.history import History
from .forecasts.moments import Moments, read_moments
from .horizon_steps import as_steps, read_written
from .number_cases import NumberCases
from .number_columns import NumberJudge
from .renumbered import numbered_together, renumbered
from .role_names import joined
from .roles import Model, Roles
from .scores import read_numbers
from .series_names import numbered_series
from .source import Source
from .tally.outcomes import FloatArray

#: Columns that hold a part of a time.
TIME_PARTS = frozenset(["year", "month", "week", "day", "hour", "quarter", "jahr", "monat", "woche", "annee", "ano", "anno"])  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Rows:
    """The rows of one table by series and moment.

    Attributes
    ----------
    series : (n,) int64
        -1 where it is missing.
    moments : Moments
    """

    series: IntArray
    moments: Moments

    @property
    def known(self) -> BoolArray:
        """Rows that have both."""
        return np.asarray((self.series >= 0) & ~self.moments.missing)


@dataclass(frozen=True, eq=False)
class _Beside:
    """What the history says for each row of the table, all ``(n_rows,)``; NaN where it does not reach."""

    scale: FloatArray
    scale_squared: FloatArray
    naive: FloatArray
    seasonal: FloatArray
    naive2: FloatArray


class ForecastJudge(NumberJudge):
    """Reads the columns of one table of forecasts, and the history before them.

    Parameters
    ----------
    source : Source
    roles : Roles
    answers : mapping of str to str
    train : Source, optional
        The history; without one the true values of the table itself.
    """

    def __init__(
        self, source: Source, roles: Roles, *, answers: Mapping[str, str], train: Source | None
    ) -> None:
        super().__init__(source, roles, answers=answers)
        self._train = train
        tables = [source] if train is None else [source, train]
        self._names, series = numbered_series(tables, roles.series)
        self._own = _Rows(series[0], self._moments(source, answers))
        self._past = None if train is None else _Rows(series[1], self._moments(train, answers))
        self._check_clocks()
        self._step = self._find_step()
        self._horizon, self._bad_horizon = self._horizons()
        self._settle()

    # ------------------------------------------------------------------------------------------ columns

    def _moments(self, source: Source, answers: Mapping[str, str]) -> Moments:
        """Read when each value holds; forecasts without times are for the step that the horizon says."""
        column = self.roles.time
        if column is None:
            if source is self.source and self.roles.horizon is not None and self.roles.origin is None and self._train is None:  # fmt: skip
                return read_moments(source, self.roles.horizon, "used as horizon", answers)
            parts = [c for c in source.names if joined(c) in TIME_PARTS]
            apart = f" {' and '.join(map(repr, parts))} are parts of a time: put them into one column first, such as 2026-W05 or 2026-01-31." if len(parts) > 1 else ""  # fmt: skip
            raise DataError(f"A forecast is for a moment: name the column of times with --time.{apart}")
        if column not in source.names:
            raise DataError(f"The history '{source.name}' has no column {column!r}, which holds the times. {did_you_mean(column, source.names)} Call it in the history as in the table of forecasts.")  # fmt: skip
        where = "used as time" if source is self.source else f"used as time in the history '{source.name}'"
        return read_moments(source, column, where, answers)

    def _horizons(self) -> tuple[IntArray | None, BoolArray | None]:
        """Read how many steps ahead each forecast looks, and which rows do not say."""
        column = self.roles.horizon
        if column is None:
            return None, None
        if self.source.kind(column) == "number":
            values, missing, bad = self._numbers(column, "used as horizon")
        else:
            values = as_steps(read_written(self.source, column), self._step, column)
            missing, bad = np.isnan(values), np.zeros(values.size, dtype=bool)
        wrong = bad | (~missing & ((values < 0) | (values != np.round(values))))
        at = np.flatnonzero(wrong)
        if at.size == values.size - int(missing.sum()):
            raise DataError(f"Column {column!r} (used as horizon) holds no whole number from 0 up in any row: {example_rows(at.tolist(), values[at[:3]].tolist())}. Name another one with --horizon.")  # fmt: skip
        if at.size:
            self._note_once(Finding("horizon-unusable", severity_of_share(at.size, values.size), f"Column {column!r} (used as horizon) is not a whole number from 0 up in {rows_of(at.size, values.size)}: {example_rows(at.tolist(), values[at[:3]].tolist())}. They were left out.", "Mend them or leave them out."))  # fmt: skip
        lost = wrong | missing
        return np.where(lost, 0, values).astype(np.int64), lost

    def _check_clocks(self) -> None:
        """Read the origins; times, origins and history must count in one way."""
        self._origin = None
        if self.roles.origin is not None:
            self._origin = read_moments(self.source, self.roles.origin, "used as origin", self.answers)
        past = None if self._past is None else self._past.moments
        for other, what in ((self._origin, f"column {self.roles.origin!r}"), (past, "the history")):
            if other is not None and other.kind == "time" and other.zoned != self._own.moments.zoned and self._own.moments.kind == "time":  # fmt: skip
                own, their = ("with", "without") if self._own.moments.zoned else ("without", "with")
                raise DataError(f"Column {self.roles.time!r} (used as time) holds times {own} a zone, but {what} holds times {their} one, so they cannot be put in order. Write both with their zone, or none.")  # fmt: skip
            if other is not None and other.kind != self._own.moments.kind:
                kinds = {"time": "dates or times", "number": "step numbers"}
                raise DataError(f"Column {self.roles.time!r} (used as time) holds {kinds[self._own.moments.kind]}, but {what} holds {kinds[other.kind]}. Write both in one way.")  # fmt: skip

    # ------------------------------------------------------------------------------------------ the grid

    def _known_moments(self) -> tuple[IntArray, IntArray]:
        """Return series and moment of all rows that have both, first those of the table, then those of the history."""
        parts = [self._own] if self._past is None else [self._own, self._past]
        series = np.concatenate([r.series[r.known] for r in parts])
        return series, np.concatenate([r.moments.value[r.known] for r in parts])

    def _find_step(self) -> Step | None:
        """Find the step of the grid; a history in longer steps than the forecasts does not lay it."""
        own, past = self._own, self._past
        if not own.known.any():
            raise DataError(f"No row of '{self.source.name}' has a series and a time.")
        series, moment = self._known_moments()
        step = find_step(moment, series, own.moments.kind)
        if past is None or self._train is None:
            return step
        n = int(own.known.sum())
        ours, theirs = (find_step(moment[part], series[part], own.moments.kind) for part in (slice(n), slice(n, None)))  # fmt: skip
        finding = other_step(ours, theirs, self._train.name)
        if finding is None:
            return step
        self._note_once(finding)
        return ours if finding.severity == "error" else step

    def _settle(self) -> None:
        """Put every row on the common grid, and find what each forecast may know."""
        own = self._own
        series, moment = self._known_moments()
        moments, at = renumbered(moment)
        place_of, off_grid = self._places(moments, moment)
        self._grid = moments, place_of
        place = place_of[at]
        self._place_own, off = np.zeros(own.known.size, dtype=np.int64), np.zeros(own.known.size, dtype=bool)
        n_own = int(own.known.sum())
        self._place_own[own.known], off[own.known] = place[:n_own], off_grid[at[:n_own]]
        if off.any():
            at = np.flatnonzero(off)
            self._note_once(Finding("time-off-grid", "error" if 2 * at.size > off.size else "warning", f"Column {self.roles.time!r} (used as time) lies between two steps of {one_step(self._step)} in {rows_of(at.size, off.size)} (row {at[0] + 1:,}); these moments count as the nearest step.", "Check the times, or name the series that keep another clock with --series."))  # fmt: skip
        self._until, self._path = self._known_until()
        self._report_horizons()
        self._report_gaps(series, place)
        self._season = self._season_of()
        history = self._history(place[n_own:])
        self.timeline = Timeline(
            names=self._names, step=self._step, season=self._season, kind=own.moments.kind,
            history=history, moments=moments, places=place_of,
        )  # fmt: skip
        self._beside = self._ask_history(history)

    def _places(self, moments: IntArray, every: IntArray) -> tuple[IntArray, BoolArray]:
        """Put the different moments on the grid that most of all moments lie on; without a step they follow each other."""
        if self._step is None:
            return np.arange(moments.size), np.zeros(moments.size, dtype=bool)
        return places(moments, self._step, like=every)

    def _known_until(self) -> tuple[IntArray, IntArray]:
        """Return the last place that each forecast may know, and a number for forecasts made together."""
        series, place = np.maximum(self._own.series, 0), self._place_own
        path = series
        if self._origin is not None:
            made = place_before(self._origin.value, *self._grid)
            path = numbered_together(series, self._origin.value)
        elif self._horizon is not None and self.roles.time is not None:
            made = place - self._horizon
            path = numbered_together(series, made)
        else:
            made = place
        judged = self._own.known & self._predicted
        first = np.full(int(path.max(initial=0)) + 1, np.iinfo(np.int64).max)
        np.minimum.at(first, path[judged], place[judged])
        until = first[path] - 1
        if self._origin is not None or (self._horizon is not None and self.roles.time is not None):
            late = judged & (place <= made)
            if late.any():
                at = np.flatnonzero(late)
                self._note_once(Finding("origin-not-before", "warning", f"{rows_of(at.size, late.size)} forecast a moment that is not after their origin (row {at[0] + 1:,}). What was known is then counted up to the step before it.", "Check the columns of times and origins, or leave these rows out."))  # fmt: skip
            until = np.minimum(made, until)
        return until, path

    @cached_property
    def _predicted(self) -> BoolArray:
        """Rows in which some model predicts a number."""
        found = np.zeros(self.source.n_rows, dtype=bool)
        for column in {m.y_pred for m in self.roles.models if m.y_pred}:
            _, missing, bad = self._numbers(column, "used as y_pred")
            found |= ~missing & ~bad
        return found

    @cached_property
    def _only_history(self) -> BoolArray:
        """Rows that predict nothing and lie before the first forecast of their series."""
        first = np.full(len(self._names), np.iinfo(np.int64).max)
        judged = self._own.known & self._predicted
        np.minimum.at(first, self._own.series[judged], self._place_own[judged])
        tried = self._predicted.copy()
        for column in {m.y_pred for m in self.roles.models if m.y_pred}:
            tried |= self._numbers(column, "used as y_pred")[
                2
            ]  # infinite is a prediction, if none that counts
        return np.asarray(self._own.known & ~tried & (self._place_own < first[np.maximum(self._own.series, 0)]))  # fmt: skip

    def _report_gaps(self, series: IntArray, place: IntArray) -> None:
        """Say when moments are missing inside the series."""
        missing = gaps(place, series)
        if missing and self._step is not None:
            what = f"{missing:,} step{'s' if missing != 1 else ''} of {one_step(self._step)}" if self._step.name[0].isdigit() else f"{missing:,} {self._step.name}{'s' if missing != 1 else ''}"  # fmt: skip
            self._note_once(Finding("time-gaps", "note", f"{what} {'are' if missing != 1 else 'is'} missing inside the series. Seasonal differences are taken only between values exactly one season apart.", "Fill the gaps if the values are known."))  # fmt: skip

    def _season_of(self) -> int:
        """Return the season that was named, else the usual one of the step, said aloud."""
        if self.roles.season is not None:
            return self.roles.season
        season = 1 if self._step is None else usual_season(self._step)
        what = (
            "a season of 1, so scales compare neighbouring values" if season == 1 else f"a season of {season}"
        )
        self._note_once(Finding("season-guessed", "note", f"The steps are {one_step(self._step)} each; as in the M4 competition that means {what}.", "Name another one with --season, such as 7 for days that repeat by the week."))  # fmt: skip
        return season

    # ------------------------------------------------------------------------------------------ history

    def _history(self, of_train: IntArray) -> History:
        """Collect the known values of every series, once for each moment."""
        if self._past is None or self._train is None:
            known = self._own.known & ~self._no_truth & ~self._bad_truth
            series, place, value = self._own.series[known], self._place_own[known], self._actual[known]
            where = f"Column {self.roles.y_true!r}"
        else:
            value, usable = self._values_of_train(self._train)
            in_time = self._past.known
            usable = usable[in_time]
            series, place, value = (
                self._past.series[in_time][usable],
                of_train[usable],
                value[in_time][usable],
            )
            where = f"The history '{self._train.name}'"
        history, conflicts = History.of(series, place, value)
        if conflicts:
            self._note_once(Finding("history-conflicts", "warning", f"{where} holds more than one value for the same series and moment in {conflicts:,} cases; the last one counts.", "Name every column that tells series apart with --series."))  # fmt: skip
        return history

    def _values_of_train(self, train: Source) -> tuple[FloatArray, BoolArray]:
        """Read the true values of the history."""
        column = self.roles.train_value or self.roles.y_true
        if column not in train.names:
            raise DataError(f"The history '{train.name}' has no column {column!r}. Name the column of its values with --train-value. {did_you_mean(column, train.names)}")  # fmt: skip
        found = read_numbers(train, column, f"the values of the history '{train.name}'", "Name another one with --train-value.")  # fmt: skip
        for finding in found.findings:
            self._note_once(finding)
        usable = np.isfinite(found.values) & (np.abs(found.values) <= 1e150)
        if not usable.any():
            raise DataError(f"Column {column!r} of the history '{train.name}' has no usable number. Name another one with --train-value.")  # fmt: skip
        return np.where(usable, found.values, 0.0), usable

    def _ask_history(self, history: History) -> _Beside:
        """Ask the history what was known when each forecast was made: each different question once."""
        n = self.source.n_rows
        asked = np.flatnonzero(self._own.known & self._predicted)
        back = numbered_together(self._own.series[asked], self._until[asked], self._place_own[asked])
        one = np.empty(int(back.max(initial=-1)) + 1, dtype=np.int64)
        one[back] = asked  # a row of each question
        series, until, place = self._own.series[one].astype(np.int32), self._until[one], self._place_own[one]
        absolute, squared, _ = history.scales(self._season).at(series, until)
        naive2, unadjusted = history.naive2(series, until, place, self._season)
        found = (absolute, squared, history.last(series, until), history.seasonal(series, until, place, self._season), naive2)  # fmt: skip

        def spread(values: FloatArray) -> FloatArray:
            out = np.full(n, np.nan)
            out[asked] = values[back]
            return out

        self._report_scales(series, until, absolute, history)
        if unadjusted.size:
            self._note_once(Finding("naive2-not-adjusted", "note", f"{unadjusted.size:,} of {len(self._names):,} series have values of 0 or less in their history, so the benchmark Naive2 repeats their last value without a season{listed(self._names, unadjusted)}."))  # fmt: skip
        self._report_other_values(history)
        return _Beside(*(spread(values) for values in found))

    def _steps_from(self, origin: Moments) -> IntArray:
        """Count the steps from each origin to the moment that is forecast, also over moments without a value."""
        if self._step is None:
            return self._place_own - place_before(origin.value, *self._grid)
        return self._place_own - place_passed(origin.value, *self._grid, self._step)

    def _report_horizons(self) -> None:
        """Say when the horizon is not the number of steps from the origin, or looks as if it counted something else."""
        if self._horizon is None or self._bad_horizon is None or self.roles.time is None:
            return
        rows = self._own.known & ~self._bad_horizon
        if self._origin is None:
            finding = horizon_unit(self._horizon[rows], self._step, str(self.roles.horizon))
        else:
            rows &= ~self._origin.missing
            finding = horizon_differs(self._horizon, self._steps_from(self._origin), rows, str(self.roles.horizon), one_step(self._step))  # fmt: skip
        if finding is not None:
            self._note_once(finding)

    def _report_scales(self, series: NDArray[np.int32], until: IntArray, scale: FloatArray, history: History) -> None:  # fmt: skip
        """Say which series have no scale, and why."""
        train = None if self._train is None else self._train.name
        for finding in without_scale(history, series, until, scale, self._names, self._season, train):
            self._note_once(finding)

    def _report_other_values(self, history: History) -> None:
        """Say when history and truth differ for the same moment."""
        if self._train is None:
            return
        known = np.flatnonzero(self._own.known & ~self._no_truth & ~self._bad_truth)
        series, place = self._own.series[known].astype(np.int32), self._place_own[known]
        finding = other_values(history, series, place, self._actual[known], known, (self._train.name, self.roles.y_true))  # fmt: skip
        if finding is not None:
            self._note_once(finding)

    # ------------------------------------------------------------------------------------------ cases

    def cases(self, model: Model) -> ForecastCases:
        """Judge every row that has what the model needs; count the others by reason."""
        found = super().cases(model)
        at = found.rows
        horizon = self._horizon
        if horizon is None and self._origin is not None:
            horizon = self._steps_from(self._origin)
        elif horizon is None and self._train is not None:
            horizon = self._place_own - self._until
        together, by = self._belonging(found, at)
        shared = {f.name: getattr(found, f.name) for f in fields(NumberCases)}
        shared |= {"together": together, "together_by": by}
        self._report_twice(model, at)
        b = self._beside
        return ForecastCases(
            **shared,
            timeline=self.timeline,
            series=self._own.series[at].astype(np.int32),
            moment=self._own.moments.value[at],
            place=self._place_own[at],
            until=self._until[at],
            horizon=None if horizon is None else horizon[at],
            path=self._path[at],
            scale=b.scale[at],
            scale_squared=b.scale_squared[at],
            naive=b.naive[at],
            seasonal=b.seasonal[at],
            naive2=b.naive2[at],
        )

    def _belonging(self, found: NumberCases, at: IntArray) -> tuple[IntArray, str]:
        """Say which rows intervals draw together: a group that was named, else a series, an origin, a stretch of time."""
        if found.together is not None:
            return found.together, found.together_by
        series, path = self._own.series[at], self._path[at]
        if np.unique(series).size > 1:
            return series.astype(np.int64), "series"
        if np.unique(path).size > 1:
            return path, "origin"
        place = self._place_own[at]
        length = max(self._season, ceil(np.unique(place).size ** (1 / 3)))
        return (place - place.min()) // length, f"stretches of {length} moments"

    def _report_twice(self, model: Model, at: IntArray) -> None:
        """Say when a series has two forecasts for the same moment from the same origin."""
        same = numbered_together(self._path[at], self._place_own[at])
        n = np.bincount(same)
        again = int((n - 1).sum())
        if again:
            row = int(at[np.flatnonzero(n[same] > 1)[0]])
            self._note_once(Finding("forecast-twice", severity_of_share(again, at.size), f"{rows_of(again, at.size)}{self._whose(model)} forecast a moment of a series for the second time from the same origin (row {row + 1:,} has another one). All of them count; DTW leaves these series out.", "Name every column that tells series apart with --series, the column of origins with --origin, or the one of models with --model-column."))  # fmt: skip

    def _drop_without_truth(self, sieve: Sieve) -> None:
        """Leave out history, and rows without truth, series, moment, origin or horizon."""
        if self._only_history.any():
            sieve.drop(self._only_history, HISTORY)
        super()._drop_without_truth(sieve)
        n = sieve.n
        lost = [(self._own.series < 0, "series missing", ", ".join(map(repr, self.roles.series))), (self._own.moments.missing, "time missing", repr(self.roles.time))]  # fmt: skip
        if self._origin is not None:
            lost.append((self._origin.missing, "origin missing", repr(self.roles.origin)))
        if self._bad_horizon is not None:
            lost.append((self._bad_horizon, "horizon missing", repr(self.roles.horizon)))
        for bad, reason, column in lost:
            bad = bad & sieve.own
            if bad.any():
                at = np.flatnonzero(bad)
                sieve.drop(bad, reason)
                self._note_once(Finding(reason.replace(" ", "-"), severity_of_share(at.size, n), f"Column {column} is empty in {rows_of(at.size, n)} (row {at[0] + 1:,}); they were left out.", "Numbers hold for the rows that have a value; find out why these have none."))  # fmt: skip
