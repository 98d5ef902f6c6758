"""The bundled demos: names, roles and origin, and the generator that makes their files."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import metrics_core as mc
from demo_data import DEMOS, UnknownDemo, demo
from demo_data.demand import demand_table
from demo_data.diabetes import diabetes_table
from demo_data.digits import digits_table
from demo_data.folds import assign_folds, out_of_fold
from demo_data.fraud import simulate_fraud
from demo_data.generate import TABLES, main, write
from demo_data.tumour import tumour_table

DOCS = Path(__file__).parents[1] / "docs" / "demos.md"
#: Roles of a table's own, or of another file.
NO_COLUMNS = ("pos_label", "task", "season", "train", "train_value")
PROBABILITIES = [f"proba_{digit}" for digit in range(10)]


class _Witness:
    """A model that remembers which rows it was shown; a feature is the row's own number."""

    def __init__(self) -> None:
        self.shown: set[int] = set()
        self.judged: list[int] = []

    def fit(self, features: np.ndarray, labels: np.ndarray) -> None:
        self.shown = set(features[:, 0].tolist())

    def predict_proba(self, features: np.ndarray) -> np.ndarray:
        rows = features[:, 0].tolist()
        assert not self.shown & set(rows)
        assert len(self.shown) + len(rows) == 50
        self.judged += rows
        return np.column_stack([features[:, 0] / 100, 1 - features[:, 0] / 100])


@pytest.mark.parametrize("name", DEMOS)
def test_every_demo_is_a_small_file_that_has_the_columns_of_its_roles(name: str) -> None:
    known = demo(name)
    columns = _columns(name)
    roles = dict(known.roles)
    prefix = roles.pop("proba_prefix", "")
    assert any(column.startswith(prefix) for column in columns)
    for value in (value for role, value in roles.items() if role not in NO_COLUMNS):
        assert set(_named(value)) <= set(columns)
    assert known.path.stat().st_size < 4_000_000


@pytest.mark.parametrize("name", DEMOS)
def test_every_demo_is_read_with_its_roles_and_every_row_counts(name: str) -> None:
    known = demo(name)
    predictions = mc.read(known.path, **known.roles)
    assert predictions.roles.task == known.task
    assert {m.name: len(predictions.judged(m.name)) for m in predictions.roles.models} == {
        m.name: predictions.source.n_rows for m in predictions.roles.models
    }
    assert predictions.findings == ()


@pytest.mark.parametrize("name", DEMOS)
def test_the_origin_and_licence_of_every_file_are_bundled_with_it(name: str) -> None:
    sources = demo(name).path.with_name("SOURCES.md").read_text(encoding="utf-8")
    assert f"`{demo(name).filename}`" in sources


def test_roles_can_be_handed_over_as_json() -> None:
    for known in DEMOS.values():
        assert json.loads(json.dumps(dict(known.roles))).keys() == known.roles.keys()


def test_an_unknown_demo_is_answered_with_those_there_are() -> None:
    there = "The demos are: fraud, tumour, digits, diabetes, demand."
    with pytest.raises(UnknownDemo) as caught:
        demo("Frauds")
    assert str(caught.value) == f"There is no demo called 'Frauds'. Did you mean 'fraud'? {there}"
    with pytest.raises(KeyError, match=rf"^There is no demo called 'penguins'\. {re.escape(there)}$"):
        demo("penguins")


def test_importing_the_demos_imports_nothing_heavy() -> None:
    code = (
        "import sys, demo_data; print({'numpy', 'pandas', 'pyarrow', 'sklearn', 'duckdb'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


def test_every_demo_has_a_generator() -> None:
    assert TABLES.keys() == DEMOS.keys()


@pytest.mark.parametrize("name", DEMOS)
def test_a_second_run_writes_the_same_bytes(name: str, tmp_path: Path) -> None:
    tables = {
        "fraud": lambda: [simulate_fraud(rows_per_week=300).table for _ in range(2)],
        "tumour": lambda: [tumour_table(n_trees=3) for _ in range(2)],
        "digits": lambda: [digits_table(n_images=300) for _ in range(2)],
        "diabetes": lambda: [diabetes_table(n_trees=3) for _ in range(2)],
        "demand": lambda: [demand_table(n_trees=2) for _ in range(2)],
    }
    paths = [tmp_path / f"{run}{demo(name).path.suffix}" for run in ("first", "second")]
    for table, path in zip(tables[name](), paths, strict=True):
        write(table, path)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_a_demo_is_written_in_no_other_format(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^A demo is a \.csv or a \.parquet file, not 'fraud\.xlsx'\.$"):
        write(pa.table({}), tmp_path / "fraud.xlsx")


def test_the_generator_rewrites_only_what_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("demo_data.Demo.path", tmp_path / "fraud.parquet")
    small = {"fraud": lambda: simulate_fraud(rows_per_week=300).table}
    monkeypatch.setattr("demo_data.generate.TABLES", small)
    main(["fraud"])
    assert pq.read_metadata(tmp_path / "fraud.parquet").num_rows == 2400
    assert capsys.readouterr().out.startswith("fraud.parquet: ")
    with pytest.raises(SystemExit):
        main(["frauds"])
    assert "Did you mean 'fraud'?" in capsys.readouterr().err


def test_scores_come_from_a_model_that_did_not_see_the_row() -> None:
    labels = np.arange(50) % 2
    folds, witness = assign_folds(labels), _Witness()
    scores = out_of_fold(witness, np.arange(50.0)[:, np.newaxis], labels, folds)
    assert sorted(witness.judged) == list(range(50))
    np.testing.assert_array_equal(scores[:, 0], np.arange(50) / 100)


@pytest.mark.parametrize("name", DEMOS)
def test_the_documentation_names_every_column_in_order(name: str) -> None:
    _, _, section = DOCS.read_text(encoding="utf-8").partition(f"\n## `{name}`")
    table = section.partition("### Columns\n")[2].partition("\n### ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    shown = [column for column in _columns(name) if column not in PROBABILITIES[1:]]
    assert [row.split("`")[1] for row in rows] == shown


def _named(value: object) -> list[str]:
    """Columns that a role names, those of predicted intervals too."""
    if isinstance(value, str):
        return value.split(",")
    return [
        column for one in (value.values() if isinstance(value, dict) else value) for column in _named(one)
    ]  # type: ignore[attr-defined]  # a tuple


def _columns(name: str) -> list[str]:
    """Names of the columns of a demo's file."""
    path = demo(name).path
    if path.suffix == ".csv":
        return path.read_text(encoding="utf-8").partition("\n")[0].split(",")
    return list(pq.read_schema(path).names)
