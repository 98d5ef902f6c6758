"""``faultline demo`` and ``faultline open``: what is handed to Streamlit and to the app."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from app import launch
from app.arguments import Refusal
from app.cli import main
from app.commands import command_parser
from app.datasets import Dataset, launch_filter, offered
from app.launch import LAUNCH, Server, address_of, server_of
from tests.ports import free_port, taken_port


@dataclass
class Started:
    """What a stand-in for the server was given."""

    server: Server | None = None
    request: dict[str, Any] = field(default_factory=dict)
    page: str = ""


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """Catch the start of the server; port and display are those of a fresh machine."""
    seen = Started()

    def serve(server: Server, request: dict[str, Any], page: str, meanwhile: object = None) -> int:
        seen.server, seen.request, seen.page = server, json.loads(json.dumps(request)), page
        return 0

    monkeypatch.setattr(launch, "serve", serve)
    for name in ("PORT", "FAULTLINE_ADDRESS", "FAULTLINE_MAX_UPLOAD_MB"):
        monkeypatch.delenv(name, raising=False)
    return seen


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    path = tmp_path / "my file.csv"
    path.write_text("label,p,p=1\nno,0.1,0.3\nyes,0.9,0.2\n", encoding="utf-8")
    return path


@pytest.fixture
def parts(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "north.csv", tmp_path / "south.csv"]
    for path, p in zip(paths, (0.2, 0.8), strict=True):
        path.write_text(f"label,p,where\n0,{p},sea\n1,{1 - p},land\n", encoding="utf-8")
    return paths


def server(*words: str, **environment: str) -> Server:
    return server_of(command_parser("open").read(words), environment)


# What the app is asked to show


def test_the_demo_is_named_to_the_app(started: Started) -> None:
    assert main(["demo"]) == 0
    assert (started.request, started.page) == ({"demo": "fraud"}, "/?data=fraud")


def test_a_file_comes_with_its_absolute_path_and_the_roles_named(
    started: Started, csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(csv.parent)
    words = ["--y-score", "p", "--slice", "p=1", "--choose", "pos_label=yes", "--filter", "p > 0"]
    assert main(["open", "my file.csv", *words]) == 0
    roles = {"y_score": "p", "slices": ["p=1"], "choose": {"pos_label": "yes"}}
    assert started.request == {
        "data": {"name": "my file.csv", "paths": [str(csv)], "models": [], "roles": roles},
        "filter": "p > 0",
    }
    assert started.page == "/?data=my%20file.csv&filter=p%20%3E%200"


def test_model_names_are_told_from_columns_by_the_file(started: Started, csv: Path) -> None:
    assert main(["open", str(csv), "--y-score", "old=p", "--y-score", "p=1"]) == 0
    assert started.request["data"]["roles"] == {"y_score": {"old": "p", "p=1": "p=1"}}


def test_a_model_is_called_as_it_was_named_with_its_file(started: Started, csv: Path) -> None:
    assert main(["open", "--model", f"forest={csv}", "--y-score", "p"]) == 0
    data = {"name": csv.name, "paths": [str(csv)], "models": ["forest"], "roles": {"y_score": "p"}}
    assert started.request["data"] == data


def test_several_files_are_one_data_set_in_parts(started: Started, parts: list[Path]) -> None:
    words = ["--y-true", "label", "--slice", "where", "--filter", "where == 'sea'"]
    assert main(["open", *map(str, parts), *words]) == 0
    assert started.request["data"] == {
        "name": "north.csv + south.csv",
        "paths": [str(path) for path in parts],
        "models": [],
        "roles": {"y_true": "label", "slices": ["where"]},
    }
    assert started.page.startswith("/?data=north.csv%20%2B%20south.csv&filter=where")


def test_files_by_model_are_one_data_set_called_after_the_models(started: Started, parts: list[Path]) -> None:
    assert main(["open", "--model", f"old={parts[0]}", "--model", f"new={parts[1]}"]) == 0
    data = started.request["data"]
    assert (data["name"], data["models"]) == ("old + new", ["old", "new"])
    assert data["paths"] == [str(path) for path in parts]


def test_parts_may_have_the_same_name_in_different_folders(started: Started, tmp_path: Path) -> None:
    paths = [tmp_path / folder / "p.csv" for folder in ("a", "b")]
    for path in paths:
        path.parent.mkdir()
        path.write_text("label,p\n0,0.1\n1,0.9\n", encoding="utf-8")
    assert main(["open", *map(str, paths)]) == 0
    assert started.request["data"]["name"] == "p.csv + p.csv"


def test_without_a_file_the_app_opens_empty(started: Started) -> None:
    assert main(["open"]) == 0
    assert (started.request, started.page) == ({"data": None, "filter": None}, "/")


def test_a_question_is_left_to_the_page(started: Started, tmp_path: Path) -> None:
    path = tmp_path / "w.csv"
    path.write_text("y_true,p\nhonest,0.1\nfraud,0.9\n", encoding="utf-8")
    assert main(["open", str(path)]) == 0
    assert started.request["data"] == {"name": "w.csv", "paths": [str(path)], "models": [], "roles": {}}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("demo frod", "There is no demo called 'frod'. Did you mean 'fraud'?"),
        ("demo fraud fraud", "'fraud' is one name too many."),
        ("demo --port 0", "--port: '0' is not a port: 1 to 65535."),
        ("open nowhere.csv", "There is no file 'nowhere.csv'."),
        ("open FILE --y-true lable", "has no column 'lable'. Did you mean 'label'?"),
        ("open FILE --filter p>", "Filter, position 3"),
        ("open FILE --filter q>1", "no column 'q'"),
        ("open FILE FILE", "my file.csv' is named twice."),
        ("open --model a=FILE --model a=FILE", "The model 'a' is named twice."),
        ("open FILE --model a=FILE", "give FILE or --model NAME=FILE, not both."),
        ("open --model FILE", "is not of the form NAME=FILE."),
        ("open --model a=FILE --y-score p --y-score p=1", "tells the models apart by row, but 2 models are named by column"),
        ("open --y-true label", "Roles and filters belong to a file"),
        ("open --threshold 0.3", "There is no flag --threshold."),
        ("open --address 999.9.9.9", "'999.9.9.9' is no address of this machine."),
    ],
)  # fmt: skip
def test_a_slip_ends_before_the_server_starts(
    words: str, sentence: str, started: Started, csv: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([word.replace("FILE", str(csv)) for word in words.split()]) == 2
    captured = capsys.readouterr()
    assert started.server is None
    assert captured.out == ""
    assert sentence in captured.err
    assert "Traceback" not in captured.err


# What the app makes of it


def test_parts_are_read_as_one_table_and_anew_when_one_of_them_changes(parts: list[Path]) -> None:
    data = Dataset(name="both", title="both", origin="launch", paths=tuple(parts))
    source, model_column = data.open()
    assert (source.name, source.n_rows, model_column) == ("both", 4, None)
    before = data.stamp
    parts[1].write_text("label,p,where\n1,0.5,sea\n", encoding="utf-8")
    assert data.stamp != before
    assert data.open()[0].n_rows == 3


def test_files_by_model_get_a_column_that_names_the_model(parts: list[Path]) -> None:
    data = Dataset(name="both", title="both", origin="launch", paths=tuple(parts), models=("old", "new"))
    source, model_column = data.open()
    assert model_column == "model"
    assert source.column("model").to_pylist() == ["old", "old", "new", "new"]


def test_the_app_offers_what_the_command_line_named(
    monkeypatch: pytest.MonkeyPatch, parts: list[Path]
) -> None:
    data = {
        "name": "both",
        "paths": [str(p) for p in parts],
        "models": ["old", "new"],
        "roles": {"y_true": "label"},
    }
    monkeypatch.setenv(LAUNCH, json.dumps({"data": data, "filter": "p > 0"}))
    first = offered()[0]
    assert (first.name, first.paths, first.models) == ("both", tuple(parts), ("old", "new"))
    assert (first.roles, launch_filter()) == ({"y_true": "label"}, "p > 0")


# Where it listens


def test_defaults_are_for_this_machine_only() -> None:
    chosen = server("--headless")
    assert (chosen.address, chosen.upload_mb, chosen.browser) == ("127.0.0.1", 200, False)
    assert 8501 <= chosen.port < 8501 + 50


def test_flags_go_before_the_environment() -> None:
    flag, variable = free_port(), free_port()
    environment = {"PORT": str(variable), "FAULTLINE_ADDRESS": "0.0.0.0", "FAULTLINE_MAX_UPLOAD_MB": "50"}
    chosen = server(**environment)
    assert (chosen.address, chosen.port, chosen.upload_mb) == ("0.0.0.0", variable, 50)
    chosen = server("--port", str(flag), "--address", "127.0.0.1", **environment)
    assert (chosen.address, chosen.port) == ("127.0.0.1", flag)


def test_a_taken_default_port_gives_way_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with taken_port() as port:
        monkeypatch.setattr(launch, "DEFAULT_PORT", port)
        chosen = server()
        assert chosen.port > port
        assert chosen.note == f"Port {port} is taken, so this is {chosen.port}."


def test_a_taken_port_that_was_asked_for_is_refused() -> None:
    with taken_port() as port:
        with pytest.raises(Refusal, match=f"Port {port} is taken at 127.0.0.1"):
            server("--port", str(port))
        with pytest.raises(Refusal, match="Stop what listens there or name another one with --port"):
            server(PORT=str(port))


@pytest.mark.parametrize("name", ["PORT", "FAULTLINE_MAX_UPLOAD_MB"])
@pytest.mark.parametrize("text", ["many", "-1", "0", "1.5", "99999999"])
def test_a_setting_that_makes_no_sense_is_refused(name: str, text: str) -> None:
    with pytest.raises(Refusal, match=f"The environment variable {name} is '{text}'"):
        server(**{name: text})


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8501"),
        ("0.0.0.0", "http://127.0.0.1:8501"),
        ("::", "http://[::1]:8501"),
        ("localhost", "http://localhost:8501"),
    ],
)
def test_the_url_works_on_this_machine(address: str, url: str) -> None:
    assert Server(address=address, port=8501).url == url


def test_streamlit_sends_nothing_and_shows_no_details() -> None:
    options = Server(address="127.0.0.1", port=8600, upload_mb=50).options()
    assert {
        "--server.headless=true",
        "--server.port=8600",
        "--server.address=127.0.0.1",
        "--server.maxUploadSize=50",
        "--server.showEmailPrompt=false",
        "--server.fileWatcherType=none",
        "--browser.gatherUsageStats=false",
        "--client.showErrorDetails=none",
        "--client.toolbarMode=minimal",
    } <= set(options)
    assert not [option for option in options if "xsrf" in option.lower() or "cors" in option.lower()]


def test_every_option_is_one_streamlit_knows() -> None:
    from streamlit import config

    for option in Server(address="127.0.0.1", port=8600).options():
        config.get_option(option.removeprefix("--").partition("=")[0])


# The browser


@pytest.mark.parametrize(
    ("words", "environment", "opens"),
    [([], {}, False), ([], {"DISPLAY": ":0"}, True), (["--headless"], {"DISPLAY": ":0"}, False)],
)
def test_a_browser_needs_a_display_and_the_wish(
    words: list[str], environment: dict[str, str], opens: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    assert server(*words, **environment).browser is opens


def test_the_browser_opens_the_data_once_the_app_answers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setattr(
        launch, "_wait_until_healthy", lambda url: url == "http://127.0.0.1:8600/_stcore/health"
    )
    launch._greet(Server(address="127.0.0.1", port=8600, browser=True), address_of("a&b.csv"))
    assert opened == ["http://127.0.0.1:8600/?data=a%26b.csv"]
    assert capsys.readouterr().out == "Faultline is running at http://127.0.0.1:8600 (Ctrl-C stops it)\n"
