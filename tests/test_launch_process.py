"""``faultline demo`` and ``faultline open``: a real start, and its end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app import launch
from app.cli import main
from app.launch import LAUNCH, Server
from tests.ports import free_port

DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@contextmanager
def running(*words: str, folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start the command in a folder of its own and wait for its first line."""
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "PORT", LAUNCH)
    env = {name: value for name, value in os.environ.items() if name not in hidden}
    line = [sys.executable, "-m", "app.cli", *words]
    with subprocess.Popen(
        line, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        guard = threading.Timer(90, process.kill)
        guard.start()
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline()
        finally:
            guard.cancel()
            if process.poll() is None:
                process.kill()


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT], ids=["kill", "ctrl-c"])
def test_the_app_starts_answers_and_ends_with_one_signal(stop: signal.Signals, tmp_path: Path) -> None:
    path, port = tmp_path / "my file.csv", free_port()
    path.write_text("label,p\nno,0.1\nyes,0.9\n", encoding="utf-8")
    words = ["demo"] if stop == signal.SIGTERM else ["open", path.name]
    with running(*words, "--port", str(port), folder=tmp_path) as (process, line):
        assert line == f"Faultline is running at http://127.0.0.1:{port} (Ctrl-C stops it)\n"
        with DIRECT.open(f"http://127.0.0.1:{port}/_stcore/health", timeout=10) as answer:
            assert answer.read() == b"ok"
        with DIRECT.open(f"http://127.0.0.1:{port}/", timeout=10) as answer:
            assert b"<html" in answer.read()
        process.send_signal(stop)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")


def test_the_theme_of_the_app_is_found_from_any_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from streamlit import config

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(config, "_main_script_path", str(launch.MAIN))
    assert str(launch.MAIN.parent / ".streamlit" / "config.toml") in config.get_config_files("config.toml")
    assert (launch.MAIN.parent / ".streamlit" / "config.toml").is_file()


def test_a_server_that_cannot_start_is_told_in_one_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise SystemExit(1)

    monkeypatch.setenv(LAUNCH, "{}")
    monkeypatch.setattr("streamlit.web.cli.main", stopped)
    monkeypatch.setattr(launch, "_greet", lambda *_: None)
    assert main(["demo"]) == 2
    assert capsys.readouterr().err == "faultline demo: The app did not start.\n"


def test_the_request_stands_in_one_variable_before_streamlit_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def started(words: list[str], **_: object) -> None:
        seen.append((words, json.loads(os.environ[LAUNCH])))

    monkeypatch.setenv(LAUNCH, "{}")
    monkeypatch.setattr("streamlit.web.cli.main", started)
    monkeypatch.setattr(launch, "_greet", lambda *_: None)
    chosen = Server(address="127.0.0.1", port=8600)
    assert launch.serve(chosen, {"demo": "fraud"}, "/") == 0
    assert seen == [(["run", str(launch.MAIN), *chosen.options()], {"demo": "fraud"})]
