"""The README shows what the registry holds, and its Python runs."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from metrics_core import REGISTRY
from metrics_core.metrics.registry import metrics_of

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def metric_table() -> ModuleType:
    """Load the script that writes the table; ``docs`` is no package."""
    spec = importlib.util.spec_from_file_location("metric_table", ROOT / "docs" / "metric_table.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_of_metrics_is_current(metric_table: ModuleType) -> None:
    new = metric_table.rewritten(README, metric_table.metric_tables())
    assert new == README, "The table is stale: run .venv/bin/python docs/metric_table.py"


def test_every_metric_has_one_line_in_the_table() -> None:
    table = README.partition("<!-- metrics:begin -->")[2].partition("<!-- metrics:end -->")[0]
    shown = re.findall(r"^\| [^|]+ \| `([^`]+)` \|", table, flags=re.MULTILINE)
    assert shown == [key for _, key in REGISTRY]


def test_one_more_row_in_the_registry_is_one_more_line_in_the_table(metric_table: ModuleType) -> None:
    new = replace(
        REGISTRY["binary", "recall"], key="luck", label="Luck", about="Share | of luck.", primary=False
    )
    before = metric_table.metric_tables(REGISTRY).splitlines()
    after = metric_table.metric_tables({**REGISTRY, ("binary", "luck"): new}).splitlines()
    added = [line for line in after if line not in before]
    assert added == [
        f"### Binary: {len(metrics_of('binary')) + 1} metrics",
        r"| Luck | `luck` | Share \| of luck. | high | 0 to 1 | wilson |",
    ]


def test_a_new_task_gets_a_table_of_its_own(metric_table: ModuleType) -> None:
    new = replace(REGISTRY["binary", "recall"], task="ranking", high=float("inf"), low=float("-inf"))
    tables = metric_table.metric_tables({("ranking", "recall"): new})
    assert tables.startswith("### Ranking: 1 metrics\n\n| metric |")
    assert "| −∞ to ∞ |" in tables


@pytest.mark.parametrize(
    "text",
    [
        "no marker",
        "<!-- metrics:end --> <!-- metrics:begin -->",
        "<!-- metrics:begin --><!-- metrics:end --><!-- metrics:end -->",
    ],
)
def test_a_page_without_its_markers_is_refused(metric_table: ModuleType, text: str) -> None:
    with pytest.raises(ValueError, match="each of them once"):
        metric_table.rewritten(text, "")


def test_the_python_of_the_readme_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
    monkeypatch.chdir(ROOT)
    names: dict[str, object] = {}
    exec(compile(code, "README.md", "exec"), names)
    checked = re.findall(r"^(\S.*?)  +# (.+)$", code, flags=re.MULTILINE)
    said = {line: value for line, value in checked if "=" not in line}
    assert said
    assert {line: str(eval(line, names)) for line in said} == said


def test_every_picture_exists_and_says_what_it_shows() -> None:
    pictures = re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", README)
    assert pictures
    assert [path for text, path in pictures if len(text) < 30] == []
    assert [path for _, path in pictures if not (ROOT / path).is_file()] == []


def test_the_architecture_page_names_every_module_of_the_core_and_of_the_app() -> None:
    modules = [*(ROOT / "metrics_core").rglob("*.py"), *(ROOT / "app").glob("*.py")]
    named = {path.name for path in modules if path.name != "__init__.py"}
    shown = set(re.findall(r"\b([a-z_0-9]+\.py)\b", ARCHITECTURE))
    assert named - shown == set()
