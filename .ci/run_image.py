"""Run an unpacked image as its configuration says, on a read-only root; called by container-check as root.

Expects its own mount and process namespaces (``unshare --mount --pid --fork``), so its mounts end with it.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

SECONDS = 90


def mount(*arguments: str) -> None:
    """Call mount(8) and stop if it refuses."""
    subprocess.run(["mount", *arguments], check=True)


def close(root: Path, data: Path) -> None:
    """Make the root read-only, as ``docker run --read-only --tmpfs /tmp -v DATA:/data:ro`` does."""
    mount("--make-rprivate", "/")
    mount("--bind", str(root), str(root))
    mount("-t", "proc", "proc", f"{root}/proc")
    mount("--rbind", "/dev", f"{root}/dev")
    mount("--bind", str(data), f"{root}/data")
    mount("-o", "remount,bind,ro", f"{root}/data")
    mount("-o", "remount,bind,ro", str(root))
    mount("-t", "tmpfs", "-o", "mode=1777", "tmpfs", f"{root}/tmp")


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main(image: Path, root: Path, data: Path) -> int:
    """Start the image's command, wait for its own health check, look at what it wrote."""
    config = json.loads(image.read_text(encoding="utf-8"))["Docker"]["config"]
    env = dict(pair.partition("=")[::2] for pair in config["Env"]) | {"PORT": str(free_port())}
    close(root, data)
    inside = ["chroot", f"--userspec={config['User']}", "--groups=", str(root)]
    command = [*config["Entrypoint"], *config["Cmd"]]
    print(f"user {config['User']}, port {env['PORT']}: {' '.join(command)}")

    refused = subprocess.run([*inside, "touch", "/srv/x"], env=env, stderr=subprocess.DEVNULL, check=False)
    uid = subprocess.run([*inside, "id", "-u"], env=env, check=True, capture_output=True, text=True)
    if refused.returncode == 0 or uid.stdout.strip() == "0":
        print("the root can be written to, or the user is root", file=sys.stderr)
        return 1

    app = subprocess.Popen([*inside, *command], env=env, cwd=root)
    try:
        check = [*inside, *config["Healthcheck"]["Test"][1:]]
        started = time.monotonic()
        while subprocess.run(check, env=env, stderr=subprocess.DEVNULL, check=False).returncode:
            if app.poll() is not None or time.monotonic() - started > SECONDS:
                print(f"not healthy after {SECONDS} s, or ended (status {app.poll()})", file=sys.stderr)
                return 1
            time.sleep(0.5)
        print(f"healthy after {time.monotonic() - started:.0f} s by its own health check")
        left = sorted(os.path.relpath(path, root) for path in (root / "tmp").rglob("*"))
        print("written below /tmp:", ", ".join(left) or "nothing")
    finally:
        app.terminate()
        print("stopped with status", app.wait(timeout=30))

    metrics = [*inside, *config["Entrypoint"], "metrics", "/data/predictions.csv", "--format", "json"]
    answer = subprocess.run(metrics, env=env, check=True, capture_output=True, text=True)
    print(f"metrics on the mounted file: {json.loads(answer.stdout)['rows_used']} rows used")
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:4])))
