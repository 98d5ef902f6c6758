"""What the commands share: the parser, the flags that give columns their roles, and readers of values."""

from __future__ import annotations

import argparse
import difflib
import os
import re
from argparse import Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from typing import Any, NoReturn

from app.flags import flag_of

FORMATS = ("table", "json")


class Refusal(Exception):
    """What was asked for cannot be done; the text is for the user and the exit code is 2."""


class Parser(argparse.ArgumentParser):
    """A parser that refuses in one sentence and knows the near misses of a wrong flag."""

    def __init__(self, **settings: Any) -> None:
        layout = partial(RawDescriptionHelpFormatter, max_help_position=28)
        super().__init__(allow_abbrev=False, formatter_class=layout, **settings)

    def error(self, message: str) -> NoReturn:
        """Refuse instead of printing the usage."""
        sentence = message.removeprefix("argument ")
        raise Refusal(f"{sentence[0].upper()}{sentence[1:]}. See {self.prog} --help.")

    @property
    def flags(self) -> list[str]:
        """Return every flag there is."""
        return [flag for action in self._actions for flag in action.option_strings]

    def read(self, words: Sequence[str]) -> Namespace:
        """Read flags and names in any order.

        Raises
        ------
        Refusal
            If a flag does not exist, is given twice or lacks a value that makes sense.
        """
        found, left = self.parse_known_intermixed_args(words)
        for word in left:
            flag = word.partition("=")[0]
            near = difflib.get_close_matches(flag, self.flags, n=2, cutoff=0.7)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            what = f"There is no flag {flag}." if flag.startswith("-") else f"{word!r} is one name too many."
            raise Refusal(f"{what}{hint} See {self.prog} --help.")
        return found


class Once(argparse.Action):
    """Keep a value; a second one is refused because only one of them could count."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: Namespace, values: Any, option_string: str | None = None) -> None:  # fmt: skip
        """Set the value."""
        if getattr(namespace, self.dest, None) is not None:
            parser.error(f"{option_string} is given twice")
        setattr(namespace, self.dest, values)


# ------------------------------------------------------------------------------------------------ roles

#: Flags that take one value: the role, what stands behind the flag, what it means.
_ROLES = (
    ("task", "TASK", "what is predicted (faultline list tasks)"),
    ("y_true", "COLUMN", "the true labels"),
    ("y_pred", "[NAME=]COLUMN", "the predicted labels or numbers; once for each model"),
    ("y_score", "[NAME=]COLUMN", "the scores; once for each model"),
    ("proba", "CLASS=COLUMN", "the probability of a class; once for each"),
    (
        "proba_prefix",
        "[NAME=]PREFIX",
        "what the columns of class probabilities start with; once for each model",
    ),
    ("interval", "[NAME=]LEVEL=LOWER,UPPER", "the ends of a predicted interval of a number; once for each"),
    ("quantile", "[NAME=]SHARE=COLUMN", "a predicted quantile of a number; once for each"),
    ("quantile_level", "COLUMN", "which quantile a row predicts, in a table with a row for each of them"),
    ("y_std", "[NAME=]COLUMN", "the predicted standard deviation of a number; once for each model"),
    ("model_column", "COLUMN", "which model a row belongs to, when their rows stand below each other"),
    (
        "pos_label",
        "LABEL",
        "the positive label, such as fraud; of many classes the one to take against the rest",
    ),
    ("score_kind", "KIND", "what the scores are: probability, percent, logit, margin or score (any number)"),
    ("id", "COLUMN", "names the rows"),
    ("weight", "COLUMN", "how much each row counts"),
    ("weight_kind", "KIND", "sampling (default), or frequency: the row stands for that many"),
    ("group", "COLUMN", "rows of one value belong together"),
    ("split", "COLUMN", "such as validation and test"),
    ("fold", "COLUMN", "fold of a cross-validation"),
    ("time", "COLUMN", "when it happened"),
    ("amount", "COLUMN", "what the row is worth"),
    ("series", "COLUMN", "names the series of a forecast; may repeat"),
    ("horizon", "COLUMN", "how many steps ahead a forecast looks"),
    ("origin", "COLUMN", "when a forecast was made"),
    ("season", "M", "steps after which a series repeats itself, such as 24 for hours"),
    ("train", "FILE", "the history before the forecasts; else their own true values before each origin"),
    ("train_value", "COLUMN", "the true values in the history (default: called as in FILE)"),
    ("text", "COLUMN", "long text to read beside a row; may repeat"),
    ("image", "COLUMN", "a picture, as data or as a path; may repeat"),
    ("link", "COLUMN", "an address to open; may repeat"),
)
_MODELS = ("y_pred", "y_score", "proba_prefix", "y_std")
_LEVELS = ("interval", "quantile")
_REPEATED = (*_MODELS, *_LEVELS, "proba", "text", "image", "link", "series")


#: Flags that answer a question just as ``--choose`` does.
ROLE_FLAGS = frozenset(flag_of(role) for role, _, _ in _ROLES)


def add_roles(parser: Parser) -> None:
    """Add the flags that say which column is what, and which rows count."""
    group = parser.add_argument_group(
        "roles", "Which column is what. Roles you do not name are guessed from names and values."
    )
    for role, metavar, about in _ROLES:
        action: Any = "append" if role in _REPEATED else Once
        kind: Any = {"train": history_file, "season": season, "proba": pair(metavar)}.get(role) or (of_a_level if role in _LEVELS else filled)  # fmt: skip
        group.add_argument(flag_of(role), dest=role, metavar=metavar, type=kind, action=action, help=about)
    group.add_argument("--slice", dest="slices", metavar="COLUMN", action="append", type=filled,
                       help="a column to break numbers down by in the app; may repeat")  # fmt: skip
    group.add_argument("--choose", metavar="ID=OPTION", action="append", type=pair("ID=OPTION"),
                       help="answer a question about the table; may repeat")  # fmt: skip
    group.add_argument("--filter", metavar="EXPR", action=Once,
                       help="only these rows, such as \"age >= 30 and sex == 'Female'\"")  # fmt: skip


def read_arguments(options: Namespace, columns: Collection[str]) -> dict[str, Any]:
    """Turn the role flags into keyword arguments for ``metrics_core.read``.

    Parameters
    ----------
    options : Namespace
    columns : collection of str
        The table's columns: a name with ``=`` in it is told from ``NAME=COLUMN`` by them.

    Returns
    -------
    dict
        Only what was named; everything in it can be written as JSON.
    """
    named = {role: value for role, _, _ in _ROLES if (value := getattr(options, role)) is not None}
    for role in _MODELS:
        if role in named:
            named[role] = _by_model(named[role], columns, flag_of(role))
    for role in _LEVELS:
        if role in named:
            named[role] = _by_level(named[role], flag_of(role))
    if "proba" in named:
        classes = [label for label, _ in named["proba"]]
        twice = sorted({label for label in classes if classes.count(label) > 1})
        if twice:
            raise Refusal(f"--proba names the class {twice[0]!r} twice.")
        named["proba"] = dict(named["proba"])
    if options.choose:
        named["choose"] = dict(options.choose)
    if options.slices:
        named["slices"] = list(dict.fromkeys(options.slices))
    return named


def _by_model(values: Sequence[str], columns: Collection[str], flag: str) -> str | dict[str, str]:
    """Read the values of one flag: the column alone, else the column of each model."""
    pairs = [model_and_column(value, columns) for value in values]
    names = [name for name, _ in pairs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Refusal(f"{flag} names the model {twice[0]!r} twice.")
    (name, column), *others = pairs
    return column if name == column and not others else dict(pairs)


def _by_level(values: Sequence[tuple[str, str, str]], flag: str) -> dict[str, Any]:
    """Put the levels of one flag together: level to columns, or model name to these."""
    found: dict[str, Any] = {}
    for name, level, columns in values:
        of = found.setdefault(name, {}) if name else found
        if level in of:
            raise Refusal(f"{flag} names {level}{f' of {name!r}' if name else ''} twice.")
        of[level] = columns
    return found


def of_a_level(text: str) -> tuple[str, str, str]:
    """Read ``[NAME=]LEVEL=COLUMN`` as name, level and column; the level is a number between 0 and 1, or a percentage.

    Examples
    --------
    >>> of_a_level("0.9=low,high"), of_a_level("ridge=90%=low,high")
    (('', '0.9', 'low,high'), ('ridge', '90%', 'low,high'))
    """
    parts = text.split("=")
    for i, part in enumerate(parts[:-1]):
        try:
            level = float(part.removesuffix("%")) / (100 if part.endswith("%") else 1)
        except ValueError:
            continue
        columns = "=".join(parts[i + 1 :])
        if 0 < level < 1 and columns:
            return "=".join(parts[:i]), part, columns
    raise argparse.ArgumentTypeError(
        f"{text!r} is not of the form [NAME=]LEVEL=COLUMN with a level such as 0.9"
    )


def model_and_column(value: str, columns: Collection[str]) -> tuple[str, str]:
    """Read ``[NAME=]COLUMN``.

    Examples
    --------
    >>> model_and_column("forest=p", ["p"])
    ('forest', 'p')
    >>> model_and_column("p=1", ["p=1"])
    ('p=1', 'p=1')
    >>> model_and_column("forest=p=1", ["p=1"])
    ('forest', 'p=1')
    """
    if value in columns or "=" not in value:
        return value, value
    splits = [(value[: at.start()], value[at.end() :]) for at in re.finditer("=", value)]
    return next(((name, column) for name, column in splits if name and column in columns), splits[0])


# ------------------------------------------------------------------------------------------------ values


def pair(shape: str) -> Callable[[str], tuple[str, str]]:
    """Make a reader of ``A=B``."""

    def read(text: str) -> tuple[str, str]:
        name, sign, value = text.partition("=")
        if not (name and sign and value):
            raise argparse.ArgumentTypeError(f"{text!r} is not of the form {shape}")
        return name, value

    return read


def one_of(words: Sequence[str]) -> Callable[[str], str]:
    """Make a reader of one of a few words."""

    def read(text: str) -> str:
        if text not in words:
            near = difflib.get_close_matches(text.lower(), words, n=1)
            hint = f"; perhaps {near[0]}" if near else ""
            raise argparse.ArgumentTypeError(f"{text!r} is not one of {', '.join(words)}{hint}")
        return text

    return read


def filled(text: str) -> str:
    """Refuse an empty name: it would be guessed instead, and the user meant something."""
    if not text:
        raise argparse.ArgumentTypeError("the name is empty")
    return text


def number(text: str) -> float:
    """Read a number."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number such as 0.5") from None


def whole_number(text: str) -> int:
    """Read a whole number."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None


def season(text: str) -> int:
    """Read the number of steps of a season."""
    found = whole_number(text)
    if found < 1:
        raise argparse.ArgumentTypeError(f"{found} is not a number of steps from 1 up")
    return found


def history_file(text: str) -> str:
    """Say where the history lies, whatever folder the app is started in."""
    return os.path.abspath(filled(text))


def port(text: str) -> int:
    """Read a port."""
    found = whole_number(text)
    if not 1 <= found <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: 1 to 65535")
    return found


def level(text: str) -> float:
    """Read a confidence level."""
    found = number(text)
    if not 0 < found < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not between 0 and 1; write 0.95 for 95%")
    return found


# ------------------------------------------------------------------------------------------------ flags and help


def add_files(parser: Parser) -> None:
    """Add the files of predictions."""
    parser.add_argument("files", metavar="FILE", nargs="*", help="the file of predictions; several are parts of one set")  # fmt: skip
    parser.add_argument("--model", dest="models", metavar="NAME=FILE", action="append", type=pair("NAME=FILE"), default=[],
                        help="a file with the predictions of one model; may repeat")  # fmt: skip


def add_server(parser: Parser) -> None:
    """Add the flags of a command that starts the app."""
    group = parser.add_argument_group("app")
    group.add_argument(
        "--port", metavar="N", type=port, action=Once, help="default: $PORT, else 8501 or the next free one"
    )
    group.add_argument("--address", metavar="A", action=Once,
                       help="where to listen (default: $FAULTLINE_ADDRESS, else 127.0.0.1: this machine only)")  # fmt: skip
    group.add_argument("--headless", action="store_true", help="open no browser")


def add_format(parser: argparse._ActionsContainer) -> None:
    """Add the flag that chooses between text and JSON."""
    parser.add_argument("--format", metavar="|".join(FORMATS), type=one_of(FORMATS), action=Once,
                        help="aligned text (default), or one JSON object")  # fmt: skip


def examples(*lines: str) -> str:
    """Write what stands at the end of a help text."""
    return "examples:\n" + "\n".join(f"  {line}" for line in lines)


def wrapped(title: str, words: Iterable[str], width: int = 96) -> str:
    """Write words as indented lines under a title."""
    import textwrap

    return f"\n\n{title}\n" + textwrap.fill(
        ", ".join(words), width, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False
    )
