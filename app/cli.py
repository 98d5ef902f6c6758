"""The ``faultline`` command. Exit code 0 is fine; 1 is a check that did not hold; 2 is a refusal, told on stderr.

Each command imports what it needs when it runs: ``--help`` and ``list`` start at once, and only ``demo`` and
``open`` import Streamlit.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Sequence

from .arguments import Refusal
from .commands import COMMANDS, command, command_parser, top_parser
from .commands.answers import let_go_of_stdout, write


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : sequence of str, optional
        What stands behind ``faultline``; this process's own arguments by default.

    Returns
    -------
    int
        0 when all is well, 1 when a check did not hold, 2 when the user has to change something.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if argv is None:
        _accept_any_text()
    name = f"faultline {words[0]}" if words and words[0] in COMMANDS else "faultline"
    try:
        return _run(words)
    except Refusal as refusal:
        print(f"{name}: {refusal}", file=sys.stderr)
        return 2
    except SystemExit as stop:  # --help has printed itself
        return stop.code if isinstance(stop.code, int) else 0
    except BrokenPipeError:  # the reader (head, less) has seen enough
        let_go_of_stdout()
        return 0
    except KeyboardInterrupt:
        return 130


def _run(words: Sequence[str]) -> int:
    """Find the command and run it."""
    if words and words[0] in COMMANDS:
        options = command_parser(words[0]).read(words[1:])
        return int(command(words[0]).run(options))
    options = top_parser().read(words)
    if options.version:
        from importlib.metadata import version

        write(f"faultline {version('faultline')}\n")
        return 0
    if options.command is None:
        raise Refusal(f"Name a command: {', '.join(COMMANDS)}. See faultline --help.")
    near = difflib.get_close_matches(options.command, COMMANDS, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"The commands are: {', '.join(COMMANDS)}."
    raise Refusal(f"There is no command {options.command!r}. {hint} See faultline --help.")


def _accept_any_text() -> None:
    """Let a terminal that lacks a letter show its code instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(main())
