"""``faultline.toml``: where it lies, what it may hold, and what is written into it."""

from __future__ import annotations

import os
import stat
import string
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import remembered
from app.remembered import FILE, ChoicesError, Place, forget, place_of, remember, remembered_roles
from app.remembered.reading import line_of

ROLES: dict[str, Any] = {
    "y_true": "label",
    "pos_label": "fraud",
    "y_score": {"forest": "p", "odd = name": "q"},
    "proba": {"a": "p_a", "b": "p_b"},
    "slices": ["country", "größe"],
    "text": [],
    "choose": {"header": "yes", "score_kind:forest": "margin"},
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "payments.csv"
    path.write_text("label,p\nfraud,0.9\n")
    return path


def place(data: Path) -> Place:
    found = place_of([data])
    assert found is not None
    return found


def toml(data: Path, text: str) -> Path:
    path = data.with_name(FILE)
    path.write_text(text, encoding="utf-8")
    return path


def refused(data: Path) -> str:
    with pytest.raises(ChoicesError) as caught:
        remembered_roles([data])
    return str(caught.value)


# ------------------------------------------------------------------------------------------------ places


def test_choices_of_a_folder_of_parquet_lie_beside_the_folder(tmp_path: Path) -> None:
    (tmp_path / "sales").mkdir()
    assert place_of([tmp_path / "sales"]) == Place(tmp_path / FILE, "sales")


def test_several_files_have_one_table_in_any_order(tmp_path: Path) -> None:
    paths = [tmp_path / "b.csv", tmp_path / "a.csv"]
    assert place_of(paths) == place_of(paths[::-1]) == Place(tmp_path / FILE, "a.csv + b.csv")
    by_model = place_of(paths, ["new", "old"])
    assert by_model is not None
    assert by_model.table == "new=b.csv + old=a.csv"


def test_files_of_several_folders_have_no_place(tmp_path: Path) -> None:
    assert place_of([tmp_path / "x" / "a.csv", tmp_path / "y" / "a.csv"]) is None
    assert remembered_roles([tmp_path / "x" / "a.csv", tmp_path / "y" / "a.csv"]) == {}


def test_a_relative_path_leads_to_the_same_table(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remember(place(data), {"y_true": "label"})
    monkeypatch.chdir(data.parent)
    assert remembered_roles(["payments.csv"]) == remembered_roles([data]) == {"y_true": "label"}


# ------------------------------------------------------------------------------------------------ reading


def test_nothing_is_remembered_without_a_file_or_a_table(data: Path) -> None:
    assert remembered_roles([data]) == {}
    toml(data, '["other.csv"]\ny_tru = 3\n')  # another data set's trouble
    assert remembered_roles([data]) == {}
    data.with_name(FILE).unlink()
    data.with_name(FILE).mkdir()
    assert remembered_roles([data]) == {}


def test_a_table_written_by_hand_is_read(data: Path) -> None:
    toml(data, """
["payments.csv"]
y_true = "label"
pos_label = 1  # numbers are labels, too
y_score = ["p", "q"]
slices = "country"

["payments.csv".choose]
missing_label = "label"
third_label = true
""")  # fmt: skip
    assert remembered_roles([data]) == {
        "y_true": "label",
        "pos_label": "1",
        "y_score": ["p", "q"],
        "slices": ["country"],
        "choose": {"missing_label": "label", "third_label": "true"},
    }


def test_the_example_of_the_documentation_can_be_used(data: Path) -> None:
    page = (Path(__file__).parents[1] / "docs" / "roles.md").read_text(encoding="utf-8")
    toml(data, page.partition("```toml\n")[2].partition("```")[0])
    found = remembered_roles([data])
    assert found["y_score"] == {"forest": "p_forest", "svm": "margin"}
    assert found["choose"] == {"score_kind:svm": "margin"}


DAMAGED = {
    "no TOML": ('["payments.csv"]\ny_true = label\n', "line 2: it is no TOML there (Invalid value). Mend that line, or delete the file"),
    "cut off": ('["payments.csv"]\n\ny_true = "la', "line 3: it is no TOML there"),
    "a table twice": ('["payments.csv"]\nid = "a"\n["payments.csv"]\n', "line 3: it is no TOML there"),
    "unknown role": ('# mine\n["payments.csv"]\nid = "a"\ny_tru = "label"\n', "line 4: what it says about 'payments.csv' cannot be used: there is no role 'y_tru'. Did you mean 'y_true'"),
    "unknown question": ('["payments.csv"]\nid = "a"\n["payments.csv".choose]\nheadr = "no"\n', "line 4: what it says about 'payments.csv' cannot be used: there is no question 'headr'. Did you mean 'header'?"),
    "unknown question on one line": ('["payments.csv"]\nid = "a"\nchoose = {headr = "no"}\n', "line 3: what it says about 'payments.csv' cannot be used: there is no question 'headr'"),
    "a number for a column": ('["payments.csv"]\n\ny_true = 3\n', "line 3: what it says about 'payments.csv' cannot be used: 'y_true' must be a text in quotes. Mend that line"),
    "numbers for columns": ('["payments.csv"]\nslices = [1, 2]\n', "line 2: what it says about 'payments.csv' cannot be used: 'slices' must be a list of columns in quotes"),
    "a list for classes": ('["payments.csv"]\nproba = ["a"]\n', "'proba' must be a table of texts"),
    "a table for a label": ('["payments.csv"]\npos_label = {a = "b"}\n', "'pos_label' must be a text in quotes"),
    "no table": ('"payments.csv" = "label"\n', "line 1: what it says about 'payments.csv' cannot be used: it must be a table of roles"),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_is_one_sentence_with_its_line(name: str, data: Path) -> None:
    text, sentence = DAMAGED[name]
    toml(data, text)
    found = refused(data)
    assert found.startswith(f"'{FILE}' beside 'payments.csv', line ")
    assert sentence in found
    assert found.endswith("or delete the file to start from guesses.")


def test_text_in_another_encoding_and_a_huge_file_are_refused(data: Path) -> None:
    data.with_name(FILE).write_bytes(b'["payments.csv"]\nid = "gr\xf6sse"\n')
    assert "line 2: it is not UTF-8 text. Save it as UTF-8, or delete the file" in refused(data)
    toml(data, "# " + "x" * 1_000_001)
    assert "it has 1.0 MB, too much for a few choices" in refused(data)


def test_a_change_by_another_program_is_seen(data: Path) -> None:
    toml(data, '["payments.csv"]\nid = "a"\n')
    assert remembered_roles([data]) == {"id": "a"}
    toml(data, '["payments.csv"]\nid = "bb"\n')
    assert remembered_roles([data]) == {"id": "bb"}


@pytest.mark.parametrize(("path", "line"), [(("a.b",), 2), (("a.b", "x"), 3), (("a.b", "c", "y"), 6), (("a.b", "nothing"), 2), (("z",), 1)])  # fmt: skip
def test_the_line_of_a_key_is_that_of_the_nearest_one(path: tuple[str, ...], line: int) -> None:
    assert line_of('# head\n["a.b"]\nx = 1\n\n["a.b".c]\n"y" = 2\n', path) == line


# ------------------------------------------------------------------------------------------------ writing


def test_what_is_remembered_comes_back(data: Path) -> None:
    remember(place(data), {**ROLES, "slices": ("country", "größe"), "task": None})
    assert remembered_roles([data]) == ROLES
    text = data.with_name(FILE).read_text(encoding="utf-8")
    assert text.startswith("# What was confirmed in Faultline")
    assert '["payments.csv"]\n' in text


OTHERS = """# of the team
owner = "us" # really

["payments.csv"]  # the big one
y_true = "lable"
id = "nr"   # of the row

["payments.csv".choose]
header = "no"

# below

["other.csv"]
# not ours
y_true = "z"
[settings]
x = [
  1,  # one
]
"""


def test_other_tables_and_comments_survive(data: Path) -> None:
    path = toml(data, OTHERS)
    remember(place(data), {**ROLES, "id": "nr"})
    text = path.read_text(encoding="utf-8")
    lines = OTHERS.splitlines()
    changed = ['y_true = "lable"', '["payments.csv".choose]', 'header = "no"']
    assert [line for line in lines if line not in text.splitlines() and line not in changed] == []
    assert tomllib.loads(text) == {**tomllib.loads(OTHERS), "payments.csv": {**ROLES, "id": "nr"}}


def test_the_same_again_writes_nothing(data: Path) -> None:
    remember(place(data), ROLES)
    before = data.with_name(FILE).stat()
    remember(place(data), ROLES)
    after = data.with_name(FILE).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_line_ends_and_permissions_stay(data: Path) -> None:
    path = data.with_name(FILE)
    path.write_bytes(b"[other]\r\nx = 1\r\n")
    path.chmod(0o640)
    remember(place(data), {"y_true": "label"})
    assert b"[other]\r\nx = 1\r\n" in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_forgetting_takes_one_table_out(data: Path) -> None:
    path = toml(data, OTHERS)
    assert forget(place(data))
    left = tomllib.loads(path.read_text(encoding="utf-8"))
    assert left == {key: value for key, value in tomllib.loads(OTHERS).items() if key != "payments.csv"}
    kept = path.read_text(encoding="utf-8").splitlines()
    assert all(line in kept for line in ("# of the team", "# below", "# not ours"))
    assert not forget(place(data))


def test_a_file_that_held_nothing_else_is_gone_with_the_table(data: Path) -> None:
    remember(place(data), ROLES)
    assert forget(place(data))
    assert not data.with_name(FILE).exists()
    assert not forget(place(data))


def test_a_damaged_file_is_not_written_over(data: Path) -> None:
    path = toml(data, "owner = = us\n")
    with pytest.raises(ChoicesError, match="line 1"):
        remember(place(data), ROLES)
    with pytest.raises(ChoicesError, match="line 1"):
        forget(place(data))
    assert path.read_text() == "owner = = us\n"


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = toml(data, "[other]\nx = 1\n")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        remember(place(data), ROLES)
    assert path.read_text() == "[other]\nx = 1\n"
    assert sorted(p.name for p in data.parent.iterdir()) == [FILE, "payments.csv"]


def test_a_folder_that_is_not_there_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        remember(Place(tmp_path / "nowhere" / FILE, "a.csv"), ROLES)


def test_a_change_that_would_lose_something_is_not_made(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = toml(data, OTHERS)
    for name in ("_line_by_line", "_as_a_whole", "_as_toml_has_it"):
        monkeypatch.setattr(remembered.writing, name, lambda *_: '["payments.csv"]\n')
    with pytest.raises(ChoicesError, match="cannot be rewritten without changing what else it holds"):
        remember(place(data), ROLES)
    assert path.read_text() == OTHERS


names = st.text(string.printable, min_size=1, max_size=12).filter(lambda s: "\r" not in s and s.strip())
columns = st.lists(names, max_size=3)
roles = st.fixed_dictionaries(
    {},
    optional={
        "y_true": names,
        "pos_label": names,
        "y_score": st.one_of(names, columns, st.dictionaries(names, names, min_size=1, max_size=3)),
        "proba": st.dictionaries(names, names, min_size=1, max_size=3),
        "slices": columns,
        "text": columns,
        "choose": st.dictionaries(st.sampled_from(["header", "pos_label", "score_kind:a b", "score_kind:x=y"]), names, min_size=1),
    },
)  # fmt: skip
files = st.lists(
    names.filter(lambda s: "/" not in s and s not in (".", "..")), min_size=1, max_size=3, unique=True
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_names_come_back_however_often_they_change(tmp_path: Path, draw: st.DataObject) -> None:
    path = tmp_path / FILE
    path.write_text(OTHERS, encoding="utf-8")
    wanted: dict[str, Any] = tomllib.loads(OTHERS)
    every = draw.draw(files)
    for _ in range(draw.draw(st.integers(1, 5))):
        name, new = draw.draw(st.sampled_from([*every, "payments.csv"])), draw.draw(roles)
        if draw.draw(st.booleans()):
            remember(Place(path, name), new)
            wanted[name] = new
        else:
            forget(Place(path, name))
            wanted.pop(name, None)
        assert tomllib.loads(path.read_text(encoding="utf-8")) == wanted
    assert "# not ours" in path.read_text(encoding="utf-8")
