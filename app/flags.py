"""Roles as flags of the command line: for what it prints and for the commands that the app offers to copy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from metrics_core.roles import Roles

_OF_MODELS = ("y_score", "y_pred", "proba_prefix", "y_std")


def flag_of(role: str) -> str:
    """Write a role or the name of a question as a flag.

    Examples
    --------
    >>> flag_of("pos_label")
    '--pos-label'
    """
    return "--" + role.replace("_", "-")


def role_flags(roles: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Write keyword arguments of ``metrics_core.read`` as flags with their values.

    Examples
    --------
    >>> list(role_flags({"y_score": {"a": "p", "q": "q"}, "choose": {"header": "yes"}, "slices": ["sex"]}))
    [('--y-score', 'a=p'), ('--y-score', 'q'), ('--choose', 'header=yes'), ('--slice', 'sex')]
    """
    for role, value in roles.items():
        flag = "--slice" if role == "slices" else flag_of(role)
        if role in ("interval", "quantile") and isinstance(value, Mapping):
            yield from ((flag, text) for text in _of_levels(value))
        elif isinstance(value, Mapping):
            of_model = role in _OF_MODELS
            yield from (
                (flag, key if of_model and key == one else f"{key}={one}") for key, one in value.items()
            )
        elif isinstance(value, list | tuple):
            yield from ((flag, str(one)) for one in value)
        elif value is not None:
            yield flag, str(value)


def around_of_models(roles: Roles, role: str) -> Any:
    """Write what lies around the predictions as ``metrics_core.read`` takes it: of several models under their names.

    Models below each other share their columns, so they are written as one; None when there is nothing.

    Parameters
    ----------
    roles : Roles
    role : {"interval", "quantile", "y_std"}

    Examples
    --------
    >>> from metrics_core.roles import Model, Roles
    >>> around = {"interval": ((0.9, "l", "u"),), "quantile": ((0.1, "q"),), "y_std": "s"}
    >>> one, other = Model(name="a", y_pred="a", **around), Model(name="b", y_pred="b")
    >>> around_of_models(Roles(y_true="y", models=(one,)), "interval")
    {'0.9': 'l,u'}
    >>> [around_of_models(Roles(y_true="y", models=some), "y_std") for some in ((one, other), (one,), (other,))]
    [{'a': 's'}, 's', None]
    """
    every = {m.name: m.y_std if role == "y_std" else {f"{level:g}": ",".join(ends) for level, *ends in getattr(m, role)} for m in roles.models}  # fmt: skip
    filled = {name: of for name, of in every.items() if of}
    if len(roles.models) == 1 or roles.model_column is not None:
        return next(iter(filled.values()), None)
    return filled or None


def _of_levels(levels: Mapping[str, Any], name: str = "") -> Iterator[str]:
    """Write predicted intervals or quantiles: ``[NAME=]LEVEL=COLUMNS``."""
    for key, columns in levels.items():
        if isinstance(columns, Mapping):
            yield from _of_levels(columns, f"{key}=")
        else:
            yield f"{name}{key}={columns if isinstance(columns, str) else ','.join(columns)}"


def words_of(flag: str, value: str) -> list[str]:
    """Write a flag and its value as words of a command; a value that looks like a flag is tied to its own.

    Examples
    --------
    >>> words_of("--y-true", "label"), words_of("--pos-label", "-1")
    (['--y-true', 'label'], ['--pos-label=-1'])
    """
    return [f"{flag}={value}"] if value.startswith("-") else [flag, value]
