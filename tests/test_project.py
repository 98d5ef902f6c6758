"""The promises of the packaging, read from the files that make them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import tomllib
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
PINS = ("app", "build", "dev")
PIN = re.compile(r"^(?P<name>[\w.-]+)(?:\[[\w,.-]+\])?==(?P<version>\S+)(?: ; .*?)? \\$")


def tracked_files() -> list[Path]:
    """Every file of the repository that git knows or would add."""
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [path for line in listed.stdout.splitlines() if (path := ROOT / line).is_file()]


def tracked_texts() -> list[tuple[str, str]]:
    """Name and text of every tracked file that is text."""
    texts = []
    for path in tracked_files():
        try:
            texts.append((path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return texts


def names(requirements: list[str]) -> set[str]:
    """Distribution names, spelled one way; the project's own extras left out."""
    found = {canonicalize_name(Requirement(text).name) for text in requirements}
    return found - {canonicalize_name(PROJECT["name"])}


def declared(*extras: str) -> set[str]:
    return names(PROJECT["dependencies"]).union(*(names(EXTRAS[extra]) for extra in extras))


def pins(name: str) -> dict[str, str]:
    lines = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    matches = [PIN.match(line) for line in lines]
    return {canonicalize_name(m["name"]): m["version"] for m in matches if m}


def dockerfile() -> list[tuple[str, str]]:
    """Instruction and argument of every line of the Dockerfile, continuation lines joined."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in joined.splitlines())]


def final_stage() -> list[tuple[str, str]]:
    lines = dockerfile()
    last = max(i for i, (word, _) in enumerate(lines) if word == "FROM")
    return lines[last:]


def arguments(instruction: str) -> list[str]:
    return [rest for word, rest in final_stage() if word == instruction]


def make_targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z]+):.*## ", makefile, flags=re.MULTILINE))


# Version and packages


def test_the_installed_version_is_the_declared_one() -> None:
    assert version("faultline") == PROJECT["version"]


def test_the_version_is_written_down_in_one_place() -> None:
    literal = re.compile(rf"""["']{re.escape(PROJECT["version"])}["']""")
    code = [
        (name, text)
        for name, text in tracked_texts()
        if re.match(r"(metrics_core|app|demo_data)/.*\.py$", name)
    ]
    assert [name for name, text in code if literal.search(text)] == []


def test_the_changelog_has_an_entry_for_the_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## \[?{re.escape(PROJECT['version'])}\b", changelog, flags=re.MULTILINE)


def test_the_licence_is_the_whole_apache_text() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert PROJECT["license"] == "Apache-2.0"
    assert "Version 2.0, January 2004" in text
    assert "9. Accepting Warranty or Additional Liability." in text
    assert "APPENDIX: How to apply the Apache License to your work." in text


def test_every_package_is_in_the_wheel() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = config["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert packages == ["metrics_core", "app", "demo_data"]
    assert all((ROOT / package / "__init__.py").is_file() for package in packages)


def test_the_console_script_can_be_imported() -> None:
    module, _, function = PROJECT["scripts"]["faultline"].partition(":")
    code = f"import {module}; assert callable({module}.{function})"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


# Dependencies


@pytest.mark.parametrize("name", PINS)
def test_every_pin_has_a_hash_and_no_address(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[\w.-]+(?:\[[\w,.-]+\])?(?:==| @ ))", text.strip())
    assert len(blocks) == len(pins(name)) > 0
    for block in blocks:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", block), block.splitlines()[0]
    assert "://" not in text
    assert not re.search(r"^\s*-", text.replace("    --hash", ""), flags=re.MULTILINE)


@pytest.mark.parametrize(
    ("name", "extras"), [("dev", ("text", "vision", "test")), ("app", ("text", "vision"))], ids=["dev", "app"]
)
def test_pins_cover_every_declared_dependency(name: str, extras: tuple[str, ...]) -> None:
    assert declared(*extras) <= set(pins(name))


@pytest.mark.parametrize("name", PINS)
def test_pins_satisfy_the_declared_ranges(name: str) -> None:
    pinned = pins(name)
    for text in [*PROJECT["dependencies"], *(line for extra in EXTRAS.values() for line in extra)]:
        requirement = Requirement(text)
        if (found := pinned.get(canonicalize_name(requirement.name))) is not None:
            assert requirement.specifier.contains(found, prereleases=True), text


def test_the_container_has_no_test_tool_and_the_tested_versions() -> None:
    app, dev = pins("app"), pins("dev")
    assert not set(app) & (names(EXTRAS["test"]) - declared("text", "vision"))
    assert app.items() <= dev.items()
    assert pins("build").items() <= dev.items()


def test_the_extra_all_holds_every_other_extra_but_the_test_tools() -> None:
    (everything,) = (Requirement(text) for text in EXTRAS["all"])
    assert everything.name == PROJECT["name"]
    assert everything.extras == set(EXTRAS) - {"all", "test"}


def test_every_dependency_has_its_reason() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` \| (.+?) \|$", text, flags=re.MULTILINE)
    documented = {canonicalize_name(name) for name, _ in rows}
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    assert documented == declared(*EXTRAS) | names(build)
    assert all(len(reason) > 20 for _, reason in rows)


# What the repository may not hold


def test_no_tracked_file_names_a_package_registry() -> None:
    # Put together here, so that this file does not name one either.
    hosts = [f"{name}.{end}" for name, end in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"))]
    hosts += [
        f"{name}.{end}" for name, end in (("docker", "io"), ("ghcr", "io"), ("quay", "io"), ("debian", "org"))
    ]
    found = [(name, host) for name, text in tracked_texts() for host in hosts if host in text]
    assert found == []


def test_no_tracked_file_names_a_path_of_one_machine() -> None:
    pattern = re.compile(r"(?<![\w.~/-])/(?:home|root|Users|work)/\w")
    found = [(name, match.group()) for name, text in tracked_texts() for match in pattern.finditer(text)]
    assert found == []


def test_no_tracked_file_is_large() -> None:
    large = [path.name for path in tracked_files() if path.stat().st_size > 4_000_000]
    assert large == []


# Container


def test_the_base_image_is_slim_python_and_pinned_by_tag() -> None:
    bases = [rest.split()[0] for word, rest in dockerfile() if word == "FROM"]
    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.11[\w.]*-slim(-\w+)?", bases[0])


def test_pinned_requirements_are_installed_before_the_source_arrives() -> None:
    lines = [f"{word} {rest}" for word, rest in final_stage()]

    def position(part: str) -> int:
        (found,) = (i for i, line in enumerate(lines) if part in line)
        return found

    order = [
        "COPY requirements/app.txt",
        "--require-hashes",
        "COPY --from=build",
        "--no-deps",
        "USER",
        "ENTRYPOINT",
    ]
    positions = [position(part) for part in order]
    assert positions == sorted(positions)


def test_the_container_runs_as_a_numeric_user_who_is_not_root() -> None:
    (user,) = arguments("USER")
    uid, _, gid = user.partition(":")
    assert uid.isdigit()
    assert gid.isdigit()
    assert int(uid) > 0 < int(gid)


class Health(BaseHTTPRequestHandler):
    """An app that is well: ``ok`` on the health path, 404 everywhere else."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/_stcore/health" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


def test_the_health_check_asks_the_health_path_on_the_port_of_the_container() -> None:
    (check,) = arguments("HEALTHCHECK")
    python, *rest = json.loads(check.partition("CMD ")[2])
    assert python == "python"
    server = HTTPServer(("127.0.0.1", 0), Health)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    # A proxy that leads nowhere must not matter.
    env = {**os.environ, "PORT": str(server.server_port), "http_proxy": "http://127.0.0.1:9", "no_proxy": ""}
    try:
        well = subprocess.run([sys.executable, *rest], env=env, timeout=30, check=False)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    ill = subprocess.run([sys.executable, *rest], env=env, timeout=30, capture_output=True, check=False)
    assert (well.returncode, ill.returncode) == (0, 1)


def test_the_container_offers_the_data_folder_and_starts_the_app() -> None:
    settings = dict(re.findall(r"(\w+)=(\S+)", " ".join(arguments("ENV"))))
    assert settings["FAULTLINE_DATA"] == "/data"
    assert settings["FAULTLINE_ADDRESS"] == "0.0.0.0"
    assert arguments("EXPOSE") == [settings["PORT"]] == ["8501"]
    assert settings["FAULTLINE_STORE"] == "/store/store.sqlite"
    assert arguments("VOLUME") == ["/data /store"]
    assert arguments("ENTRYPOINT") == ['["faultline"]']
    assert arguments("CMD") == ['["open", "--headless"]']


def test_the_container_tells_nobody_and_keeps_its_protection() -> None:
    settings = dict(re.findall(r"(\w+)=(\S+)", " ".join(arguments("ENV"))))
    assert settings["STREAMLIT_BROWSER_GATHER_USAGE_STATS"] == "false"
    assert settings["STREAMLIT_LOGGER_HIDE_WELCOME_MESSAGE"] == "true"
    assert settings["STREAMLIT_CLIENT_SHOW_ERROR_DETAILS"] == "none"
    assert not [name for name in settings if "XSRF" in name or "CORS" in name]


def test_the_build_context_holds_what_the_dockerfile_copies() -> None:
    kept = set(
        re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), flags=re.MULTILINE)
    )
    copied = {
        source.split("/")[0]
        for word, rest in dockerfile()
        if word == "COPY" and "--from" not in rest
        for source in rest.split()[:-1]
    }
    assert copied == kept
    assert all((ROOT / name).exists() for name in kept)


# Commands


def test_the_contributing_guide_names_every_make_target() -> None:
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`make ([a-z]+)", guide)) == make_targets() - {"help"}


def test_the_readme_names_only_make_targets_that_exist() -> None:
    used = set(
        re.findall(
            r"\bmake ([a-z]+)\b(?=`|$|\s+#)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE
        )
    )
    assert {"demo", "test"} <= used <= make_targets()


def test_ci_runs_the_tests_and_the_app_as_the_readme_tells() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.search(r"^make (--no-print-directory )?test$", script, flags=re.MULTILINE)
    assert "faultline demo --headless" in script


@pytest.mark.parametrize("name", ["run", "setup", "browser", "lint", "pins", "container-check"])
def test_the_scripts_are_executable_and_well_formed(name: str) -> None:
    script = ROOT / ".ci" / name
    assert script.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", str(script)], check=True)


def test_hooks_are_local_and_run_the_installed_tools() -> None:
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert re.findall(r"repo: (\S+)", text) == ["local"]
    entries = re.findall(r"entry: (\S+)", text)
    assert {Path(entry).name for entry in entries} == {"ruff", "mypy", "lint-imports", "hadolint"}
    assert all(entry.startswith(".venv/bin/") for entry in entries)
