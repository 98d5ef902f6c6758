"""Conditions on rows as people choose them: a column, a test, values; and what may be wrong with a filter's values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from app import numbers
from metrics_core.errors import DataError, did_you_mean
from metrics_core.filters import Filter, all_of, any_of, none_of, parse
from metrics_core.filters.functions import WEEKDAYS
from metrics_core.filters.grammar import is_number, read
from metrics_core.filters.tree import Comparison, Membership, Test, tests, write_name, write_value
from metrics_core.source import Kind, Source

#: How many of a column's values are offered, and how many are searched for near misses.
MOST_OFFERED, _MOST_SEARCHED = 500, 2_000


@dataclass(frozen=True)
class Choice:
    """One test that a column can be put to.

    Attributes
    ----------
    key : str
    label : str
        As in a sentence: column, label, values.
    takes : {"nothing", "one", "two", "several"}
        How many values it needs.
    offers : tuple of str
        The values there are to choose from, where the column does not decide that.
    hint : str
        What a value looks like, where the column does not tell.
    """

    key: str
    label: str
    takes: Literal["nothing", "one", "two", "several"] = "one"
    offers: tuple[str, ...] = ()
    hint: str = ""


_COMPUTED = (
    "word",
    "length>=",
    "length<=",
    "has_digit",
    "has_url",
    "has_upper",
    "hour",
    "weekday",
    "month",
    "year",
)
_MISSING = (Choice("missing", "is missing", "nothing"), Choice("present", "is not missing", "nothing"))
#: The tests of each kind of column, the usual one first.
CHOICES: dict[Kind, tuple[Choice, ...]] = {
    "number": (
        Choice(">=", "is at least"), Choice(">", "is above"), Choice("<=", "is at most"), Choice("<", "is below"),
        Choice("from", "is from … to …", "two"), Choice("==", "equals"), Choice("!=", "differs from"),
        Choice("in", "is one of", "several"), Choice("not in", "is none of", "several"), *_MISSING,
    ),
    "text": (
        Choice("in", "is one of", "several"), Choice("not in", "is none of", "several"), Choice("contains", "contains"),
        Choice("lacks", "does not contain"), Choice("word", "has the word", hint="refund"),
        Choice("length>=", "has at least so many characters", hint="100"), Choice("length<=", "has at most so many characters", hint="20"),
        Choice("has_digit", "has a digit", "nothing"), Choice("has_url", "has a web address", "nothing"),
        Choice("has_upper", "has a capital letter", "nothing"), *_MISSING,
    ),
    "boolean": (Choice("true", "is true", "nothing"), Choice("false", "is false", "nothing"), *_MISSING),
    "time": (
        Choice(">=", "is from … on"), Choice("<", "is before"), Choice("from", "is from … to before …", "two"),
        Choice("hour", "hour is from … to …", "two", hint="0 to 23"), Choice("weekday", "day of the week is", "several", WEEKDAYS),
        Choice("month", "month is", "several", tuple(map(str, range(1, 13)))), Choice("year", "year is", hint="2026"), *_MISSING,
    ),
    "other": _MISSING,
}  # fmt: skip


def condition(column: str, kind: Kind, key: str, values: Sequence[str]) -> Filter:
    """Build the filter of a choice.

    Parameters
    ----------
    column : str
    kind : str
        What the column holds.
    key : str
        Of one of ``CHOICES[kind]``.
    values : sequence of str
        As they were typed or chosen; as many as the choice takes.

    Raises
    ------
    DataError
        If a value is missing, no number, or none that the test can be put with.

    Examples
    --------
    >>> condition("hours per week", "number", "from", ["30", "40"]).text
    '`hours per week` >= 30 and `hours per week` <= 40'
    >>> condition("sex", "text", "in", ["Female"]).text, condition("sex", "text", "lacks", ["'"]).text
    ("sex == 'Female'", "not sex contains ''''")
    >>> condition("seen", "time", "hour", ["22", "5"]).text
    'hour(seen) >= 22 or hour(seen) <= 5'
    """
    name = write_name(column)
    if key in ("missing", "present"):
        return parse(f"{name} is {'not ' if key == 'present' else ''}missing")
    if key in ("true", "false"):
        return parse(f"{name} == {key}")
    if key in _COMPUTED:
        return _computed(name, key, values)
    if not values or any(value == "" and kind != "text" for value in values):
        raise DataError("A value is missing.")
    written = [_written(value, kind) for value in values]
    if key == "from":
        ends = [
            parse(f"{name} >= {written[0]}"),
            parse(f"{name} {'<=' if kind == 'number' else '<'} {written[1]}"),
        ]
        joined = all_of(ends)
        assert joined is not None  # there are two
        return joined
    if key in ("in", "not in"):
        if len(written) == 1:
            return parse(f"{name} {'==' if key == 'in' else '!='} {written[0]}")
        return parse(f"{name} {key} ({', '.join(written)})")
    if key in ("contains", "lacks"):
        if not values[0]:
            raise DataError("A value is missing.")
        return parse(f"{'not ' if key == 'lacks' else ''}{name} contains {written[0]}")
    return parse(f"{name} {key} {written[0]}")


def _computed(name: str, key: str, values: Sequence[str]) -> Filter:
    """Build a test of a function of the column."""
    if key.startswith("has_"):
        return parse(f"{key}({name})")
    if not values or not all(value.strip() for value in values):
        raise DataError("A value is missing.")
    if key == "word":
        return parse(f"word({name}, {write_value(values[0])})")
    if key == "weekday":
        return _listed(f"weekday({name})", [write_value(value) for value in values])
    written = [_written(value, "number") for value in values]
    if key.startswith("length"):
        return parse(f"length({name}) {key.removeprefix('length')} {written[0]}")
    if key == "hour":  # past midnight it goes on from 0
        first, last = map(float, written)
        return parse(
            f"hour({name}) >= {written[0]} {'and' if first <= last else 'or'} hour({name}) <= {written[1]}"
        )
    return _listed(f"{key}({name})", written)


def _listed(subject: str, written: Sequence[str]) -> Filter:
    """Compare with one value, or with several."""
    return parse(
        f"{subject} == {written[0]}" if len(written) == 1 else f"{subject} in ({', '.join(written)})"
    )


def grouped(conditions: Sequence[Filter], match: str) -> Filter:
    """Join conditions to one: all of them hold, any, or none.

    Parameters
    ----------
    conditions : sequence of Filter
        At least one.
    match : {"all", "any", "none"}

    Examples
    --------
    >>> both = [parse("a == 1"), parse("b == 2")]
    >>> grouped(both, "any").text, grouped(both, "none").text
    ('a == 1 or b == 2', 'not (a == 1 or b == 2)')
    """
    joined = {"all": all_of, "any": any_of, "none": none_of}[match](conditions)
    assert joined is not None  # there is at least one
    return joined


def alternative(now: Filter, new: Filter) -> Filter:
    """Keep what passes the filter as it is, and what passes the condition."""
    return grouped([now, new], "any")


def added(now: Filter | None, new: Filter, to: int | None = None) -> Filter:
    """Join a condition to a filter: with ``and``, or as an alternative to one of its terms.

    Parameters
    ----------
    now : Filter, optional
    new : Filter
    to : int, optional
        Which term the condition is an alternative to; None to narrow further.

    Examples
    --------
    >>> now = parse("a == 1 and b == 2")
    >>> added(now, parse("c == 3")).text, added(now, parse("c == 3"), to=1).text
    ('a == 1 and b == 2 and c == 3', 'a == 1 and (b == 2 or c == 3)')
    """
    terms = list(now.terms()) if now else []
    if to is not None:
        terms[to] = parse(f"{terms[to].text} or {new.text}")
    else:
        known = {term.text for term in terms}
        terms += [term for term in new.terms() if term.text not in known]
    joined = all_of(terms)
    assert joined is not None  # there is at least the new one
    return joined


def without(now: Filter, term: int) -> str:
    """Return the text of a filter without one of its terms; empty when none is left."""
    terms = now.terms()
    rest = all_of([*terms[:term], *terms[term + 1 :]])
    return rest.text if rest else ""


def frequent(source: Source, column: str, most: int = MOST_OFFERED) -> dict[str, int]:
    """Count the values of a text column, the most frequent first; missing cells are left out."""
    cells = source.column(column).drop_null()
    if pa.types.is_null(cells.type):
        return {}
    found = pc.value_counts(cells.cast(pa.large_string()))
    values, times = found.field("values"), found.field("counts")
    order = pc.sort_indices(times, sort_keys=[("", "descending")]).slice(0, most)
    return dict(zip(values.take(order).to_pylist(), times.take(order).to_pylist(), strict=True))


def doubts(now: Filter, source: Source, *, none_pass: bool = False) -> list[str]:
    """Say which values of a filter no row has, and what was probably meant.

    Parameters
    ----------
    now : Filter
        One that the source can answer.
    source : Source
    none_pass : bool
        Whether no row passes: then the range of the numbers it is compared with is told too.

    Returns
    -------
    list of str
        Sentences.
    """
    said = []
    for test in tests(read(now.text)):
        if getattr(test, "of", ""):
            continue  # what a function gives stands in no cell
        kind = source.kind(test.column)
        if kind == "text":
            said += _strangers(test, source)
        elif kind in ("number", "time") and none_pass and isinstance(test, Comparison):
            said += _range(test, source)
    return list(dict.fromkeys(said))


def _written(value: str, kind: Kind) -> str:
    """Write one value in the language."""
    if kind != "number":
        return write_value(value)
    number = value.strip()
    if not is_number(number) and number.lower() not in ("inf", "-inf"):
        comma = " The decimal sign is a point." if "," in number else ""
        raise DataError(f"{value!r} is no number. Write 30, -1.5 or 1e-3.{comma}")
    return write_value(number) if "inf" in number.lower() else number


def _strangers(test: Test, source: Source) -> list[str]:
    """Name the texts a test compares with that the column does not have."""
    if isinstance(test, Membership):
        values = test.values
    elif isinstance(test, Comparison) and test.op in ("==", "!="):
        values = (test.value,)
    else:
        return []
    texts = [value if isinstance(value, str) else getattr(value, "written", "") for value in values]
    cells = source.column(test.column)
    if pa.types.is_null(cells.type):
        return [f"Column {test.column!r} is empty in every row."]
    known = pc.is_in(
        pa.array(texts, pa.large_string()), value_set=pc.unique(cells.cast(pa.large_string()))
    ).to_pylist()
    unknown = [text for text, there in zip(texts, known, strict=True) if not there]
    if not unknown:
        return []
    offered = list(frequent(source, test.column, _MOST_SEARCHED))
    return [f"No row has {test.column} {text!r}. {did_you_mean(text, offered)}" for text in unknown[:3]]


def _range(test: Comparison, source: Source) -> list[str]:
    """Tell from where to where the cells of a column of numbers or times run."""
    ends = pc.min_max(source.column(test.column)).as_py()
    if ends["min"] is None:
        return [f"Column {test.column!r} is empty in every row."]
    low, high = (numbers.threshold(e) if isinstance(e, float) else str(e) for e in (ends["min"], ends["max"]))
    return [f"Column {test.column!r} runs from {low} to {high}."]
