"""Ask a health address until it answers ok; exit 1 when the time is over or the process has ended."""

from __future__ import annotations

import argparse
import os
import sys
import time
import urllib.request

# A proxy set for the outside world must not be asked for this machine.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def is_healthy(url: str) -> bool:
    """Whether the address answers ``ok`` within two seconds."""
    try:
        with DIRECT.open(url, timeout=2) as answer:
            return bool(answer.status == 200 and answer.read().strip() == b"ok")
    except OSError:
        return False


def is_running(pid: int) -> bool:
    """Whether the process is there and not a finished child nobody has waited for."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def main() -> int:
    """Poll four times a second."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--pid", type=int, required=True, help="stop early when this process has ended")
    options = parser.parse_args()
    started = time.monotonic()
    while time.monotonic() - started < options.seconds:
        if is_healthy(options.url):
            print(f"healthy after {time.monotonic() - started:.1f} s: {options.url}")
            return 0
        if os.path.isdir("/proc") and not is_running(options.pid):
            print("the app has ended by itself", file=sys.stderr)
            return 1
        time.sleep(0.25)
    print(f"no healthy answer from {options.url} in {options.seconds:g} s", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
