"""The record of a decision: what was decided, on which rows, how sure it is, and what it promises.

``docs/decision_record.md`` explains every field.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from math import isfinite
from pathlib import Path
from typing import Any

from ..checks import Finding
from ..errors import DataError
from ..filters import Filter, parse
from ..scores import KINDS

#: Version of the record that is written, and the only one that is read.
SCHEMA = 1
TIES = "lowest threshold wins"


@dataclass(frozen=True)
class SliceThreshold:
    """The threshold of one group of rows.

    Attributes
    ----------
    level : dict
        The group as it stands in the JSON contract: column and value, or column and range.
    where : str
        The filter that selects its rows.
    threshold : float
    """

    level: dict[str, Any]
    where: str
    threshold: float

    def to_dict(self) -> dict[str, Any]:
        """Return the entry of ``thresholds``."""
        return self.level | {"where": self.where, "threshold": self.threshold}

    @property
    def filter(self) -> Filter:
        """The rows of the group."""
        return parse(self.where)


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A threshold somebody decided on, with everything needed to run it, to check it and to doubt it.

    Attributes
    ----------
    task, model, pos_label : str
    roles : dict
        The columns, as they stand in the JSON contract.
    threshold : float, optional
        ``score >= threshold`` is positive; None when no threshold is feasible.
    thresholds : tuple of SliceThreshold
        Groups with a threshold of their own; ``threshold`` rules all other rows.
    objective : dict
        ``{"maximize": "f1"}``, or ``{"minimize": "cost", "costs": {…}}``.
    constraints : tuple of str
    prevalence : float, optional
        Share of positives that the choice was made for, when it is not that of the rows.
    keep_promises : bool
        Whether only cuts that the promises cover were looked at.
    feasible : bool
    infeasible : dict, optional
        Which constraints are in the way, and the nearest value each can reach.
    selected_on, reported_on : str, optional
        Value of the split column; None where all rows were used, or nothing was reported.
    filter : str, optional
    interval : dict, optional
        Where the threshold itself may lie.
    apparent, honest, reported : dict, optional
        Values on the rows it was chosen on, corrected for having been chosen there, and on the rows reported on.
    certificates : tuple of dict
    scores : dict, optional
        How the scores lay on the rows it was chosen on, to notice drift later.
    data : dict
        ``sha256`` and number of ``rows`` of the table.
    created : str
        When the record was saved, in UTC; empty before.
    findings : tuple of Finding
        Not part of the record: what the person deciding should know.
    """

    task: str
    model: str
    pos_label: str
    roles: dict[str, Any]
    threshold: float | None
    objective: dict[str, Any]
    data: dict[str, Any]
    feasible: bool
    thresholds: tuple[SliceThreshold, ...] = ()
    constraints: tuple[str, ...] = ()
    prevalence: float | None = None
    keep_promises: bool = False
    infeasible: dict[str, Any] | None = None
    selected_on: str | None = None
    reported_on: str | None = None
    filter: str | None = None
    interval: dict[str, Any] | None = None
    apparent: dict[str, Any] | None = None
    honest: dict[str, Any] | None = None
    reported: dict[str, Any] | None = None
    certificates: tuple[dict[str, Any], ...] = ()
    scores: dict[str, Any] | None = None
    created: str = ""
    findings: tuple[Finding, ...] = field(default=(), compare=False)

    @property
    def y_score(self) -> str:
        """Name of the score column."""
        column = self.roles["y_score"]
        return str(column[self.model] if isinstance(column, Mapping) else column)

    @property
    def score_kind(self) -> str:
        """What the scores are."""
        return str(self.roles.get("score_kind", "probability"))

    def to_dict(self) -> dict[str, Any]:
        """Return the record as it stands in the JSON contract: no NaN, None for what is undefined."""
        from .. import __version__

        own = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "findings"}
        own |= {
            "thresholds": [one.to_dict() for one in self.thresholds],
            "constraints": list(self.constraints),
            "certificates": [dict(c) for c in self.certificates],
        }
        written: dict[str, Any] = _strict(own)
        return {"faultline": __version__, "schema": SCHEMA, "ties": TIES} | written

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the record as JSON; an older file of that name is replaced once the new one is whole.

        Raises
        ------
        DataError
            If the file cannot be written.
        """
        dated = self if self.created else replace(self, created=_now())
        text = json.dumps(dated.to_dict(), allow_nan=False, indent=2, ensure_ascii=False) + "\n"
        write_whole(Path(path), text.encode())

    @classmethod
    def from_dict(cls, record: Mapping[str, Any], name: str = "The decision") -> Decision:
        """Read a record.

        Parameters
        ----------
        record : mapping
        name : str
            How to call it in messages.

        Raises
        ------
        DataError
            If a field is missing or of another type, or the record is of another version.
        """
        if not isinstance(record, Mapping):
            raise DataError(
                f"{name} is no decision record: it holds a {type(record).__name__}, not an object."
            )
        inner = record.get("decision")
        if isinstance(inner, Mapping):
            record = inner  # the whole answer of `faultline threshold --format json`
        if record.get("schema") != SCHEMA:
            raise DataError(f"{name} has schema {record.get('schema')!r}; this version of Faultline reads schema {SCHEMA}. Make the decision again with faultline threshold.")  # fmt: skip
        _check(record, name)
        given = {f.name: record[f.name] for f in fields(cls) if f.name in record and f.name != "findings"}
        cut = record["threshold"]
        given |= {
            "threshold": None if cut is None else float(cut),
            "thresholds": tuple(_slice(entry, name) for entry in record.get("thresholds", ())),
            "constraints": tuple(record.get("constraints", ())),
            "certificates": tuple(record.get("certificates", ())),
        }
        return cls(**given)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Decision:
        """Read a record from a file, or from the answer of ``faultline threshold --format json``.

        Raises
        ------
        DataError
            If there is no such file, or it is no record.
        """
        file = Path(path)
        try:
            record = json.loads(file.read_bytes())
        except OSError as error:
            raise DataError(f"'{file.name}' cannot be read: {error.strerror or error}.") from None
        except (ValueError, RecursionError) as error:
            raise DataError(f"'{file.name}' is no decision record: it is not JSON ({error}). Write one with faultline threshold -o.") from None  # fmt: skip
        return cls.from_dict(record, f"'{file.name}'")


_NULL = type(None)
_TEXT, _OBJECT, _TRUTH, _LIST = (str, "a text"), (Mapping, "an object"), (bool, "true or false"), (list, "a list")  # fmt: skip
_NUMBER_OR_NULL = ((float, int, _NULL), "a number or null")
_TEXT_OR_NULL, _OBJECT_OR_NULL = ((str, _NULL), "a text or null"), ((Mapping, _NULL), "an object or null")
#: The fields of a record and what they hold; those of the second table may be absent.
_NEEDED: dict[str, tuple[Any, str]] = {
    "task": _TEXT,
    "model": _TEXT,
    "pos_label": _TEXT,
    "roles": _OBJECT,
    "threshold": _NUMBER_OR_NULL,
    "objective": _OBJECT,
    "data": _OBJECT,
    "feasible": _TRUTH,
}
_OPTIONAL: dict[str, tuple[Any, str]] = {
    "prevalence": _NUMBER_OR_NULL,
    "keep_promises": _TRUTH,
    "created": _TEXT,
    **dict.fromkeys(("thresholds", "constraints", "certificates"), _LIST),
    **dict.fromkeys(("selected_on", "reported_on", "filter"), _TEXT_OR_NULL),
    **dict.fromkeys(("infeasible", "interval", "apparent", "honest", "reported", "scores"), _OBJECT_OR_NULL),
}
#: Roles that a decision is run and checked by.
_COLUMNS = ("y_true", "weight", "group", "split", "time", "amount")


def _check(record: Mapping[str, Any], name: str) -> None:
    """Refuse a record that lacks a field or holds something else in it."""
    for key, (kinds, what) in (_NEEDED | _OPTIONAL).items():
        if key not in record:
            if key in _NEEDED:
                raise DataError(f"{name} is no decision record: it has no {key!r}. Write one with faultline threshold -o.")  # fmt: skip
            continue
        if not isinstance(record[key], kinds) or isinstance(record[key], bool) is not (kinds is bool):
            raise DataError(f"{name}: {key!r} must be {what}, not {_shown(record[key])}.")
    if record["task"] != "binary":
        raise DataError(f"{name} decides a task of kind {_shown(record['task'])}; a threshold tells one class from the rest.")  # fmt: skip
    if record["threshold"] is not None and not _is_finite(record["threshold"]):
        raise DataError(f"{name}: 'threshold' must be a finite number, not {_shown(record['threshold'])}.")
    if record["feasible"] is not (record["threshold"] is not None):
        raise DataError(f"{name} says it is {'' if record['feasible'] else 'not '}feasible but has {'no' if record['feasible'] else 'a'} threshold.")  # fmt: skip
    for text in record.get("constraints", ()):
        if not isinstance(text, str):
            raise DataError(f"{name}: each of 'constraints' must be a text such as 'precision>=0.9', not {_shown(text)}.")  # fmt: skip
    for entry in record.get("certificates", ()):
        if not isinstance(entry, Mapping) or not isinstance(entry.get("promise"), str) or not isinstance(entry.get("holds"), bool):  # fmt: skip
            raise DataError(f"{name}: each of 'certificates' needs a 'promise' and whether it 'holds', not {_shown(entry)}.")  # fmt: skip
        sure = entry.get("confidence", 0.95)
        if not isinstance(sure, float) or not 0 < sure < 1:
            raise DataError(f"{name}: the 'confidence' of a certificate must be a number between 0 and 1, not {_shown(sure)}.")  # fmt: skip
    _check_roles(record, name)
    _check_objective(record["objective"], name)
    if record.get("filter") is not None:
        parse(record["filter"])


def _check_roles(record: Mapping[str, Any], name: str) -> None:
    """Refuse a record without the columns that it is run and checked by."""
    roles, model = record["roles"], record["model"]
    score = roles.get("y_score")
    if not isinstance(score.get(model) if isinstance(score, Mapping) else score, str):
        raise DataError(f"{name}: 'roles' names no y_score of the model {model!r}.")
    for role in _COLUMNS:
        if not isinstance(roles.get(role), str) and (role == "y_true" or role in roles):
            raise DataError(f"{name}: 'roles' must name a column as {role}, not {_shown(roles.get(role))}.")
    if roles.get("score_kind", "probability") not in KINDS:
        raise DataError(f"{name}: there is no score kind {_shown(roles['score_kind'])}. There are: {', '.join(KINDS)}.")  # fmt: skip


def _check_objective(objective: Mapping[str, Any], name: str) -> None:
    """Refuse what no decision aims for."""
    aims = [objective[verb] for verb in ("maximize", "minimize") if verb in objective]
    if len(aims) != 1 or not isinstance(aims[0], str):
        raise DataError(f"{name}: 'objective' must name one metric to maximize, or one metric or the cost to minimize.")  # fmt: skip
    costs = objective.get("costs")
    prices = costs.values() if isinstance(costs, Mapping) else ()
    known = isinstance(costs, Mapping) and {*costs} <= {"fp", "fn", "gain_tp", "gain_tn"}
    if costs is not None and not (known and all(isinstance(p, str | float | int) for p in prices)):
        raise DataError(f"{name}: 'costs' may hold fp, fn, gain_tp and gain_tn, each a number or a text such as 'amount', not {_shown(costs)}.")  # fmt: skip


def _shown(value: Any) -> str:
    """Write what stands in a record, shortened when it is long."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _is_finite(number: float) -> bool:
    """Tell whether a number of a JSON file, which may have any number of digits, is a finite float."""
    try:
        return isfinite(number)
    except OverflowError:
        return False


def _slice(entry: Any, name: str) -> SliceThreshold:
    """Read one entry of ``thresholds``."""
    cut = entry.get("threshold") if isinstance(entry, Mapping) else None
    if not isinstance(cut, float | int) or isinstance(cut, bool) or not _is_finite(cut) or not isinstance(entry.get("where"), str):  # fmt: skip
        raise DataError(f"{name}: each of 'thresholds' needs a filter 'where' and a finite 'threshold', not {_shown(entry)}.")  # fmt: skip
    parse(entry["where"])
    level = {key: value for key, value in entry.items() if key not in ("where", "threshold")}
    return SliceThreshold(level, entry["where"], float(cut))


def _strict(value: Any) -> Any:
    """Replace what strict JSON does not know: NaN and infinity become null, tuples lists."""
    if isinstance(value, Mapping):
        return {str(key): _strict(one) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_strict(one) for one in value]
    if hasattr(value, "item") and not isinstance(value, str | bytes):
        return _strict(value.item())
    if isinstance(value, float) and not isfinite(value):
        return None
    if isinstance(value, Finding):
        return asdict(value)
    return value


def _now() -> str:
    """Return the time in UTC, to the second."""
    from datetime import UTC, datetime

    return datetime.now(UTC).replace(microsecond=0).isoformat()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all.

    Raises
    ------
    DataError
        If it cannot be written.
    """
    made = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        try:
            made.write_bytes(content)
            made.replace(path)
        finally:
            made.unlink(missing_ok=True)
    except OSError as error:
        raise DataError(f"'{path}' cannot be written: {error.strerror or error}.") from None
