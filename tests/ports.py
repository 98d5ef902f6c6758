"""Ports of this machine, taken and free."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def taken_port(address: str = "127.0.0.1") -> Iterator[int]:
    """Listen on a port for as long as a test needs it taken."""
    with socket.create_server((address, 0)) as listener:
        yield listener.getsockname()[1]


def free_port() -> int:
    """Return a port on which nobody listens."""
    with taken_port() as port:
        return port
