"""Intervals, quantiles and the standard deviation around a predicted number, as fields for each model."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from app import numbers
from app.views.roles_in_force import start_from
from metrics_core.around_guesses import without_level
from metrics_core.roles import Model, Roles
from metrics_core.source import Source

_WIDTHS = (2, 4, 4)
_MORE = "Apply gives another line."


@dataclass
class Around:
    """What the fields say.

    Attributes
    ----------
    of : dict of model name to role to value
        As ``metrics_core.read`` takes it for one model; of a role without a value nothing.
    missing : list of str
        Sentences about lines that were begun and not ended.
    """

    of: dict[str, dict[str, Any]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


def around_form(source: Source, roles: Roles, key: str) -> Around:
    """Show the fields of each model; those of models below each other once.

    Parameters
    ----------
    source : Source
    roles : Roles
        In force.
    key : str
        Begins the keys of the fields.
    """
    shared = roles.model_column is not None
    models = roles.models[:1] if shared else roles.models
    unused = without_level(source, roles.y_true, roles.models)
    found = Around()
    for model in models:
        alone = len(models) == 1
        whose = "all models" if shared else "the prediction" if alone else numbers.plain(model.name)
        suggested = unused[:1] if alone else []
        with st.expander(f"Around {whose}: {_in_words(model)}", expanded=bool(suggested)):
            _fields(source, model, f"{key}.{model.name}", suggested, found)
    return found


def as_roles(around: Around, roles: Roles, named: Mapping[str, Any], kept: Collection[str]) -> dict[str, Any]:
    """Write what the fields say as keyword arguments of ``metrics_core.read``.

    Parameters
    ----------
    around : Around
    roles : Roles
        In force when the fields were drawn.
    named : mapping
        What was named then.
    kept : collection of str
        Columns of predictions that stay.

    Returns
    -------
    dict
        ``interval={}`` says that there is none, where one was named or guessed before.

    Examples
    --------
    >>> was = Roles(y_true="y", models=(Model(name="a", y_pred="p", interval=((0.9, "l", "u"),)), Model(name="b", y_pred="q")))
    >>> said = Around({"a": {}, "b": {"interval": {"0.5": "m,v"}}})
    >>> as_roles(said, was, {}, ["p", "q"]), as_roles(said, was, {}, ["p"])
    ({'interval': {'a': {}, 'b': {'0.5': 'm,v'}}}, {'interval': {}})
    """
    models = [model for model in roles.models if model.y_pred in kept and model.name in around.of]
    alone = len(kept) == 1
    found: dict[str, Any] = {}
    for model in models:
        said = around.of[model.name]
        before = model.interval or model.quantile or model.y_std or any(role in named for role in _ROLES)
        for role, value in (said or ({"interval": {}} if before else {})).items():
            if alone:
                found[role] = value
            else:
                found.setdefault(role, {})[model.name] = value
    return found


_ROLES = ("interval", "quantile", "y_std")


def _fields(source: Source, model: Model, key: str, suggested: Sequence[tuple[str, str]], found: Around) -> None:  # fmt: skip
    """Show the lines of one model."""
    numeric = [name for name in source.names if source.kind(name) in ("number", "text")]
    said: dict[str, Any] = {"interval": {}, "quantile": {}}
    for one, other in suggested:
        st.caption(f":material/help: {numbers.plain(one)} and {numbers.plain(other)} look like the ends of an interval. Say of which level, or leave it empty.")  # fmt: skip
    lines: list[tuple[float | None, str | None, str | None]] = [(100 * level, low, high) for level, low, high in model.interval]  # fmt: skip
    lines += [(None, *ends) for ends in suggested] or [(None, None, None)]
    for i, line in enumerate(lines):
        place, of_low, of_high = st.columns(_WIDTHS)
        with place:
            share = _percent("Level", line[0], f"{key}.interval.{i}.level", first=i == 0, example="90")
        with of_low:
            lower = _column("Lower end of the interval", numeric, line[1], f"{key}.interval.{i}.low", first=i == 0)  # fmt: skip
        with of_high:
            upper = _column("Upper end", numeric, line[2], f"{key}.interval.{i}.high", first=i == 0)
        untouched = share is None and (lower, upper) in suggested
        if not untouched:
            _interval(share, lower, upper, said["interval"], found.missing)
    quantiles: list[tuple[float | None, str | None]] = [(100 * share, column) for share, column in model.quantile]  # fmt: skip
    for i, (of, column) in enumerate([*quantiles, (None, None)]):
        place, of_column = st.columns((_WIDTHS[0], sum(_WIDTHS[1:])))
        with place:
            share = _percent("Quantile", of, f"{key}.quantile.{i}.share", first=i == 0, example="10")
        with of_column:
            chosen = _column("Its column", numeric, column, f"{key}.quantile.{i}.column", first=i == 0)
        _quantile(share, chosen, said["quantile"], found.missing)
    deviation = _column("Standard deviation", numeric, model.y_std, f"{key}.y_std", first=True)
    st.caption(f"Levels and quantiles in percent. {_MORE}")
    found.of[model.name] = {role: value for role, value in {**said, "y_std": deviation}.items() if value}


def _percent(label: str, value: float | None, key: str, *, first: bool, example: str) -> float | None:
    """Type a percentage; its label stands over the first line only, readers of the page hear it on all."""
    start_from(key, None if value is None else round(value, 4))
    given: float | None = st.number_input(
        label, 0.1, 99.9, None, step=5.0, format="%.4g", key=key, placeholder=example,
        label_visibility="visible" if first else "collapsed", icon=":material/percent:",
    )  # fmt: skip
    return given


def _column(label: str, names: Sequence[str], value: str | None, key: str, *, first: bool) -> str | None:
    """Choose a column or none."""
    start_from(key, value if value in names else None)
    return st.selectbox(label, names, index=None, key=key, placeholder="none",
                        label_visibility="visible" if first else "collapsed", format_func=str)  # fmt: skip


def _interval(
    share: float | None, low: str | None, high: str | None, into: dict[str, str], missing: list[str]
) -> None:
    """Take a line of an interval, or say what it lacks; an empty one is none."""
    if share is None and low is None and high is None:
        return
    if share is None:
        missing.append(f"Say the level of the interval from {_quoted(low)} to {_quoted(high)}, in percent.")
    elif low is None or high is None:
        missing.append(f"Choose both ends of the {share:g}% interval, or empty its line.")
    elif low == high:
        missing.append(
            f"Both ends of the {share:g}% interval are {_quoted(low)}. Choose another column for one."
        )
    elif f"{round(share / 100, 6):g}" in into:
        missing.append(f"There are two intervals of {share:g}%. Empty one line.")
    elif "," in low + high:
        missing.append(f"The ends {_quoted(low)} and {_quoted(high)} of the {share:g}% interval have a comma in their names. Rename the columns.")  # fmt: skip
    else:
        into[f"{round(share / 100, 6):g}"] = f"{low},{high}"


def _quantile(share: float | None, column: str | None, into: dict[str, str], missing: list[str]) -> None:
    """Take a line of a quantile, or say what it lacks; an empty one is none."""
    if share is None and column is None:
        return
    if share is None:
        missing.append(f"Say which quantile {_quoted(column)} is, in percent.")
    elif column is None:
        missing.append(f"Choose the column of the {share:g}% quantile, or empty its line.")
    elif f"{round(share / 100, 6):g}" in into:
        missing.append(f"There are two columns for the {share:g}% quantile. Empty one line.")
    else:
        into[f"{round(share / 100, 6):g}"] = column


def _quoted(name: str | None) -> str:
    """Write a column's name in a sentence."""
    return f"'{numbers.plain(name)}'"


def _in_words(model: Model) -> str:
    """Say how much lies around the prediction of a model."""
    parts = [_of(len(model.interval), "interval"), _of(len(model.quantile), "quantile"), "a standard deviation" if model.y_std else ""]  # fmt: skip
    return ", ".join(filter(None, parts)) or "no interval, quantile or standard deviation"


def _of(n: int, what: str) -> str:
    """Count things; nothing for none."""
    return f"{n} {what}{'' if n == 1 else 's'}" if n else ""
