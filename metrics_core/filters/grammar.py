"""From the text of a filter to its tree: a tokenizer and a recursive-descent parser.

::

    filter = part ("or" part)*
    part   = factor ("and" factor)*
    factor = "not" factor | "(" filter ")" | test
    test   = column ("==" | "=" | "!=" | "<" | "<=" | ">" | ">=") value
           | column ["not"] "in" "(" value ("," value)* ")"
           | column "is" ["not"] "missing"
           | column "contains" text
           | function "(" column ")"
           | "word" "(" column "," text ")"

A function that gives a number or a day of the week stands in the place of a column before a comparison and before ``in``; one
that answers yes or no is a test. No function is a word of the language: ``length > 3`` asks for a column of that name.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple, NoReturn

from ..errors import DataError, did_you_mean
from .functions import FUNCTIONS, WEEKDAYS, Function, weekday_named
from .tree import (
    KEYWORDS,
    And,
    Comparison,
    Contains,
    Has,
    Membership,
    Missing,
    Node,
    Not,
    Number,
    Or,
    Test,
    Value,
    write_name,
    write_value,
)

MAX_LENGTH = 20_000  # a list of 1000 values of 17 characters fits
MAX_DEPTH = 50
MAX_DIGITS = 100

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_OPERATOR = re.compile(r"==|!=|<=|>=|[=<>]")
_QUOTED = {quote: re.compile(f"{quote}((?:[^{quote}]|{quote}{quote})*+){quote}") for quote in "'\"`"}

_A_COLUMN = "a column name, 'not' or '('"
_A_TEST = "a test (==, !=, <, <=, >, >=, in, not in, is missing, contains)"
_A_VALUE = "a value"
_THE_END = "'and', 'or' or the end of the filter"
_IN = "'in'"
_MISSING = "'missing'"
_MAYBE_MISSING = "'missing' or 'not missing'"
_MORE = "',' or ')'"
_A_COMPARISON = "a comparison (==, !=, <, <=, >, >=, in, not in)"
#: What follows a column that is tested, and never a test.
_AFTER_A_COLUMN = frozenset({"operator", "in", "is", "contains"})
_NO_VALUE = frozenset({"null", "none", "nan", "na", "missing", "empty"})
_STRAY = {
    "&": "Both is written 'and'.",
    "|": "Either is written 'or'.",
    "!": "Unequal is written !=, the opposite of a test 'not'.",
    "~": "The opposite of a test is written 'not'.",
    "[": "A list goes in parentheses: in (1, 2).",
    **dict.fromkeys("\u2018\u2019\u201c\u201d\u201e\u00b4", "Use the straight quotes ' or \"."),
}


class Token(NamedTuple):
    """A piece of the text; ``kind`` is also the word or sign itself for keywords and punctuation."""

    kind: str
    value: str
    at: int
    end: int


def read(text: str) -> Node:
    """Read a filter's text; a ``DataError`` shows the position of the first mistake."""
    if len(text) > MAX_LENGTH:
        raise DataError(f"The filter has {len(text):,} characters; at most {MAX_LENGTH:,} are read.")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        where = f"Filter, position {error.start + 1:,}"
        raise DataError(f"{where}: half a character (a lone surrogate). Type it again.") from None
    if not text or text.isspace():
        raise DataError("The filter is empty. Write a test such as age >= 30 and sex == 'Female'.")
    return _Parser(text).whole()


def is_number(text: str) -> bool:
    """Whether the text is a number of the language: decimal, in the range of float64, not too long."""
    return _NUMBER.fullmatch(text) is not None and _number_fault(text) == ""


def _number_fault(written: str) -> str:
    """Say why a well-formed number is not taken, else nothing.

    The bounds keep exact arithmetic cheap: 1e999999999 would be an integer of 400 MB.
    """
    if len(written) > MAX_DIGITS:
        return f"this number has {len(written):,} characters; at most {MAX_DIGITS} are read."
    mantissa, _, exponent = written.lower().partition("e")
    size = abs(float(written))
    vanishes = size == 0 and mantissa.strip("+-0.") != ""
    if size == math.inf or vanishes or abs(int(exponent or 0)) > 400:
        return f"the number {written} is beyond the range from 5e-324 to 1.8e308."
    return ""


def _tokens(text: str) -> Iterator[Token]:
    """Cut the text into tokens, the last of kind ``end``."""
    at = 0
    while at < len(text):
        sign = text[at]
        if sign.isspace():
            at += 1
            continue
        if sign in "'\"`":
            token = _quoted(text, at)
        elif found := _NUMBER.match(text, at):
            token = Token("number", found[0], at, found.end())
            if fault := _number_fault(found[0]):
                raise _mistake(text, token, fault)
        elif found := _OPERATOR.match(text, at):
            token = Token("operator", "==" if found[0] == "=" else found[0], at, found.end())
        elif sign.isidentifier():
            token = _word(text, at)
        else:
            token = Token(sign if sign in "()," else "stray", sign, at, at + 1)
        yield token
        at = token.end
    yield Token("end", "", at, at)


def _quoted(text: str, at: int) -> Token:
    """Read quoted text or a backquoted column name; the quote doubled inside stands for itself."""
    quote = text[at]
    found = _QUOTED[quote].match(text, at)
    if found is None:
        raise _mistake(text, Token("stray", quote, at, at + 1), f"this {quote} is not closed by another one.")
    return Token("column" if quote == "`" else "text", found[1].replace(quote * 2, quote), at, found.end())


def _word(text: str, at: int) -> Token:
    """Read a keyword (in any letter case) or a bare column name."""
    end = at + 1
    while end < len(text) and f"_{text[end]}".isidentifier():
        end += 1
    word = text[at:end]
    return Token(word.lower() if word.lower() in KEYWORDS else "name", word, at, end)


def _mistake(text: str, token: Token, sentence: str) -> DataError:
    """Build the message: the sentence, the text around the position, and a caret below it."""
    line = "".join(" " if sign.isspace() or not sign.isprintable() else sign for sign in text)
    start, end = max(0, token.at - 50), token.at + 30
    before, after = "…" if start else "", "…" if end < len(line) else ""
    caret = " " * (len(before) + token.at - start) + "^"
    return DataError(
        f"Filter, position {token.at + 1:,}: {sentence}\n  {before}{line[start:end]}{after}\n  {caret}"
    )


class _Parser:
    """One reading of one text; ``token`` is the next token not yet taken."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _tokens(text)
        self.token = next(self.tokens)
        self.depth = 0

    def whole(self) -> Node:
        """Read the text up to its end."""
        node = self.either()
        if self.token.kind != "end":
            self.fail(_THE_END)
        return node

    def either(self) -> Node:
        """Read parts joined with or."""
        parts = self.joined("or", self.both)
        flat = [p for part in parts for p in (part.parts if isinstance(part, Or) else (part,))]
        return Or(tuple(flat)) if len(flat) > 1 else flat[0]

    def both(self) -> Node:
        """Read factors joined with and."""
        parts = self.joined("and", self.factor)
        flat = [p for part in parts for p in (part.parts if isinstance(part, And) else (part,))]
        return And(tuple(flat)) if len(flat) > 1 else flat[0]

    def joined(self, word: str, part: Callable[[], Node]) -> list[Node]:
        """Read one part or more with ``word`` between them."""
        parts = [part()]
        while self.took(word):
            parts.append(part())
        return parts

    def factor(self) -> Node:
        """Read a negation, a parenthesis or a test."""
        if self.token.kind not in ("not", "("):
            return self.test()
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _mistake(self.text, self.token, f"more than {MAX_DEPTH} levels of ( and not.")
        node: Node
        if self.took("not"):
            node = Not(self.factor())
        else:
            self.take("(", "'('")
            node = self.either()
            self.take(")", "'and', 'or' or ')'")
        self.depth -= 1
        return node

    def test(self) -> Test:
        """Read a column name and what it is tested for."""
        first = self.take("column" if self.token.kind == "column" else "name", _A_COLUMN)
        if first.kind == "name" and self.token.kind == "(":
            return self.called(first)
        column = first.value
        match self.token.kind:
            case "operator":
                return Comparison(column, self.advance().value, self.value())
            case "not" | "in":
                negated = self.took("not")
                self.take("in", _IN)
                return Membership(column, self.values(), negated)
            case "is":
                self.advance()
                negated = self.took("not")
                self.take("missing", _MISSING if negated else _MAYBE_MISSING)
                return Missing(column, negated)
            case "contains":
                self.advance()
                return Contains(column, self.take("text", "quoted text").value)
            case _:
                self.fail(_A_TEST)

    def called(self, name: Token) -> Test:
        """Read a function of a column, and what it is tested for."""
        function = FUNCTIONS.get(name.value.lower())
        if function is None:
            raise _mistake(self.text, name, _no_function(name.value))
        self.advance()
        column = self.take("column" if self.token.kind == "column" else "name", "a column name").value
        if function.word:
            return self.word(function, column)
        self.take(")", "')'")
        if function.gives == "answer":
            if self.token.kind in _AFTER_A_COLUMN:
                raise _mistake(self.text, self.token, f"{function.name}() is a test by itself; its opposite is written: not {function.name}({write_name(column)}).")  # fmt: skip
            return Has(column, function.name)
        match self.token.kind:
            case "operator":
                if function.gives == "weekday" and self.token.value not in ("==", "!="):
                    raise _mistake(self.text, self.token, "days of the week go round, so they have no order. List them: in ('Sat', 'Sun').")  # fmt: skip
                return Comparison(column, self.advance().value, self.fitting(function), function.name)
            case "not" | "in":
                negated = self.took("not")
                self.take("in", _IN)
                return Membership(column, self.values(lambda: self.fitting(function)), negated, function.name)
            case "is":
                raise _mistake(self.text, self.token, f"{function.name}() is missing where the column is. Write: {write_name(column)} is missing.")  # fmt: skip
            case _:
                self.fail(_A_COMPARISON)

    def word(self, function: Function, column: str) -> Test:
        """Read the text beside the column."""
        self.take(",", "',' and a word in quotes")
        at = self.token
        text = self.take("text", "a word in quotes").value
        if not text.strip():
            raise _mistake(self.text, at, "this text is empty. Write the word to look for.")
        self.take(")", "')'")
        if self.token.kind in _AFTER_A_COLUMN:
            raise _mistake(self.text, self.token, f"{function.name}() is a test by itself; its opposite is written: not {function.name}(…).")  # fmt: skip
        return Has(column, function.name, text.strip().lower())

    def fitting(self, function: Function) -> Value:
        """Read a value that a function can have."""
        at = self.token
        value = self.value()
        if function.gives == "number":
            if not isinstance(value, Number):
                raise _mistake(self.text, at, f"{function.name}() gives {function.about}. Compare it with a number, unquoted.")  # fmt: skip
            return value
        day = weekday_named(value) if isinstance(value, str) else None
        if day is None:
            near = did_you_mean(value, WEEKDAYS) if isinstance(value, str) else "Write it in quotes: 'Mon'."
            raise _mistake(self.text, at, f"{function.name}() gives {function.about}. {near}")
        return day

    def values(self, read: Callable[[], Value] | None = None) -> tuple[Value, ...]:
        """Read a list in parentheses."""
        read = read or self.value
        self.take("(", "a list in parentheses")
        values = [read()]
        while self.took(","):
            values.append(read())
        self.take(")", _MORE)
        return tuple(values)

    def value(self) -> Value:
        """Read a number, quoted text, true or false."""
        match self.token.kind:
            case "number":
                return Number(self.advance().value)
            case "text":
                return self.advance().value
            case "true" | "false":
                return self.advance().kind == "true"
            case _:
                self.fail(_A_VALUE)

    def took(self, kind: str) -> bool:
        """Take the next token if it is of this kind."""
        if self.token.kind != kind:
            return False
        self.advance()
        return True

    def take(self, kind: str, expected: str) -> Token:
        """Take the next token, which has to be of this kind."""
        if self.token.kind != kind:
            self.fail(expected)
        return self.advance()

    def advance(self) -> Token:
        """Take the next token, whatever it is."""
        token = self.token
        if token.kind != "end":
            self.token = next(self.tokens)
        return token

    def fail(self, expected: str) -> NoReturn:
        """Say what was expected, what stands there instead, and what was probably meant."""
        token = self.token
        there = " ".join(self.text[token.at : token.end].split())
        shown = there if len(there) <= 40 else there[:37] + "..."
        found = "but the filter ends here" if token.kind == "end" else f"found {shown}"
        sentence = f"expected {expected}, {found}. {_hint(self.text, expected, token)}".rstrip()
        raise _mistake(self.text, token, sentence)


def _no_function(name: str) -> str:
    """Say that there is no such function, and what was probably meant."""
    shown = name if len(name) <= 40 else name[:37] + "..."
    return f"there is no function {shown}(). {did_you_mean(shown.lower(), list(FUNCTIONS))} A test follows a column without parentheses."


def _hint(text: str, expected: str, token: Token) -> str:
    """Guess the mistake from what stands in the place of what."""
    if token.kind == "stray" and token.value in _STRAY:
        return _STRAY[token.value]
    if expected in (_A_VALUE, _MISSING, _MAYBE_MISSING) and token.value.lower() in _NO_VALUE:
        return "For empty cells write: is missing."
    if expected == _IN and token.kind == "contains":
        return "The opposite of a test is written before it: not name contains 'x'."
    if expected == _A_VALUE and token.kind == "name":
        return f"Text goes in quotes: {write_value(token.value)}."
    if expected == _A_VALUE and token.kind == "operator":
        return "The comparisons are ==, !=, <, <=, > and >=."
    if expected == _A_VALUE and token.kind != "end":
        return "Values are numbers, quoted text, true and false."
    after_text = expected in (_THE_END, _MORE) and text[token.at - 1] in "'\""
    if after_text and token.kind in ("name", "text", "stray"):
        return "A quote inside quoted text is doubled: 'O''Neil'."
    if expected == _A_COLUMN and token.kind in KEYWORDS:
        return f"A column of that name goes in backquotes: {write_name(token.value)}."
    if expected == _A_COLUMN and token.kind == "text" and len(token.value) <= 40:
        return f"A column name is not quoted, or stands in backquotes: {write_name(token.value)}."
    if expected == _A_COLUMN and token.kind == "number":
        return "The column stands first: age >= 30."
    if expected == "a column name" and token.kind == "text" and len(token.value) <= 40:
        return f"A column name is not quoted, or stands in backquotes: {write_name(token.value)}."
    if expected == _A_COMPARISON and token.kind == "contains":
        return "What a function gives is compared; only a column can contain a text."
    if expected == _A_TEST and token.kind in ("name", "number", "stray"):
        return "A column name with spaces or other signs goes in backquotes: `hours-per-week`."
    return ""
