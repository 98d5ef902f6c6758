"""Writing a whole answer to stdout, or saying why there was no room for it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import Any

from app.arguments import Refusal


def write_json(value: Mapping[str, Any]) -> None:
    """Write one strict JSON object and nothing else."""
    write(json.dumps(value, allow_nan=False, indent=2) + "\n")


def write(text: str) -> None:
    """Write a whole answer to stdout.

    Raises
    ------
    Refusal
        If there is no room for it.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        let_go_of_stdout()
        raise Refusal(f"The answer cannot be written: {error.strerror}.") from None


def let_go_of_stdout() -> None:
    """Send what is still in the buffer nowhere, or Python would complain about it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
