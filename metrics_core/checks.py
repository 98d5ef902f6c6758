"""What was noticed about a table: findings, and the arithmetic of small shares of bad rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from .errors import DataError, NeedsChoice, Option, did_you_mean

Severity = Literal["note", "warning", "error"]

#: Up to this share of rows may be left out with a warning; more is an error-level finding.
TOLERATED_SHARE = 0.05


@dataclass(frozen=True)
class Finding:
    """One sentence the reader of a number should know, with what can be done about it.

    Attributes
    ----------
    id : str
        Stable name, such as ``W3`` for a rule of the adviser or ``score-missing`` for a reading repair.
    severity : {"note", "warning", "error"}
    text : str
        What is the case, with the computed numbers.
    action : str
        What to do now.
    """

    id: str
    severity: Severity
    text: str
    action: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as it stands in the JSON contract."""
        return asdict(self)


def severity_of_share(n_bad: int, n_rows: int) -> Severity:
    """Grade rows left out: a warning up to 5 % of the rows, an error beyond."""
    return "warning" if n_bad <= TOLERATED_SHARE * n_rows else "error"


def percent(part: float, whole: float) -> str:
    """Say a share with one decimal: ``2.5 %``; tiny ones as ``< 0.1 %``."""
    share = 100.0 * part / whole if whole else 0.0
    return "< 0.1 %" if 0 < share < 0.1 else f"{share:.1f} %"


def rows_of(n_bad: int, n_rows: int) -> str:
    """Say how many of how many: ``3 of 120 rows``."""
    return f"{n_bad:,} of {n_rows:,} rows"


def answered(answers: Mapping[str, str], id: str, question: str, options: Sequence[Option]) -> str:
    """Return the answer that was given to a question, or ask it.

    Parameters
    ----------
    answers : mapping of str to str
        By the id of the question.
    id, question : str
    options : sequence of Option

    Raises
    ------
    NeedsChoice
        If nobody has answered.
    DataError
        If the answer is none of the options.

    Examples
    --------
    >>> answered({"weight_missing": "drop"}, "weight_missing", "Some are empty.", [Option("drop")])
    'drop'
    """
    known = [option.value for option in options]
    if id not in answers:
        raise NeedsChoice(id, question, options)
    if answers[id] not in known:
        raise DataError(f"{answers[id]!r} is no answer to {id!r}. {did_you_mean(answers[id], known)}")
    return answers[id]
