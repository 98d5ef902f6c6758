"""Cells on their way to the browser: everything is data, what is missing can be seen, and nothing is fetched."""

from __future__ import annotations

import base64
import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from PIL import Image

import metrics_core as mc
from app.views.example_cells import NO_PICTURE, for_the_browser
from app.views.example_columns import Content, ExampleColumn, example_columns
from app.views.pictures import MOST_BYTES, MOST_IN_A_TABLE, drawable, in_a_table


def png(width: int = 4, height: int = 4, *, noise: bool = False) -> bytes:
    rng = np.random.default_rng(1)
    pixels = (
        rng.integers(0, 255, (height, width, 3), dtype=np.uint8)
        if noise
        else np.zeros((height, width, 3), np.uint8)
    )
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def uri(data: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def drawn(cells: Any, content: Content = "other", type: Any = None) -> tuple[list[Any], Content, pa.DataType]:
    table = pa.table({"x": pa.array(cells, type=type)})
    out, contents = for_the_browser(table, (ExampleColumn("x", content, "x"),))
    return out.column("x").to_pylist(), contents[0], out.schema.field("x").type


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A mounted folder with a picture, beside one that is not mounted."""
    mounted = tmp_path / "mounted"
    (mounted / "set" / "img").mkdir(parents=True)
    (mounted / "set" / "img" / "a b.png").write_bytes(png())
    (mounted / "secret.txt").write_text("data:image/png;base64,AAAA")
    (tmp_path / "outside.png").write_bytes(png())
    monkeypatch.setenv("FAULTLINE_DATA", str(mounted))
    return mounted


@pytest.mark.parametrize(
    "cell", ["=1+1", "<b>x</b>", "**bold** $x$", "[a](javascript:alert(1))", ":material/home:", ""]
)
def test_text_stays_what_it_is(cell):
    assert drawn([cell])[0] == [cell]


def test_missing_cells_are_null_and_empty_texts_are_not():
    assert drawn(["", None])[0] == ["", None]
    assert drawn([1.5, float("nan"), None])[0] == [1.5, None, None]
    assert drawn([True, False, None])[0] == ["true", "false", None]
    assert drawn([[1, 2], None])[0] == ["[1, 2]", None]


def test_integers_a_browser_would_round_are_text():
    assert drawn([2**53 + 1, None])[0] == ["9007199254740993", None]
    assert drawn([2**53, None])[0] == [2**53, None]
    assert drawn([-(2**53) - 1])[0] == ["-9007199254740993"]


def test_an_infinite_loss_says_so():
    assert drawn([0.25, 1.0], "loss")[0] == [0.25, 1.0]
    assert drawn([0.25, float("inf")], "loss")[0] == ["0.250", "infinite"]


def test_links_are_links_only_where_every_cell_of_the_page_is_one():
    good, script = "https://example.org/a?b=c", "javascript:alert(1)"
    assert drawn([good, None], "link")[1] == "link"
    for bad in (script, "www.example.org", "data:text/html,x", " https://example.org"):
        assert drawn([good, bad], "link")[:2] == ([good, bad], "text")
    assert drawn([None, None], "link")[1] == "text"


def test_long_cells_are_cut_and_texts_later():
    assert len(drawn(["x" * 9_000])[0][0]) == 200
    assert len(drawn(["x" * 9_000], "text")[0][0]) == 2_000


def test_pictures_in_the_cell_are_drawn_from_text_bytes_and_records():
    for cell in (uri(png()), png(), {"bytes": png(), "path": None}):
        assert drawn([cell, None], "picture")[:2] == ([uri(png()), None], "picture")


def test_a_picture_that_cannot_be_drawn_is_told_from_a_missing_one():
    assert drawn([uri(png()), "https://example.org/a.png", None], "picture")[0] == [
        uri(png()),
        NO_PICTURE,
        None,
    ]


def test_a_column_without_a_single_picture_is_text():
    addresses = ["https://example.org/a.png", "/etc/passwd", None]
    assert drawn(addresses, "picture")[:2] == (addresses, "text")


def test_a_path_below_the_mounted_folder_is_drawn(folder):
    assert drawable("set/img/a b.png") == uri(png())
    assert drawable("img/a b.png") is None
    assert drawable("img/a b.png", folder / "set") == uri(png())
    assert drawable("img\\a b.png", folder / "set") == uri(png())
    assert drawable(str(folder / "set" / "img" / "a b.png")) == uri(png())


@pytest.mark.parametrize("cell", ["../outside.png", "set/../../outside.png", "{outside}", "link.png", "secret.txt", "set", "", "\0", "x" * 5_000,
                                  "file:///etc/passwd", "https://example.org/a.png", "//example.org/a.png", None, 7, float("nan")])  # fmt: skip
def test_nothing_else_is_opened(folder, cell):
    (folder / "link.png").symlink_to(folder.parent / "outside.png")
    (folder / "loop").symlink_to(folder / "loop")
    if isinstance(cell, str):
        cell = cell.replace("{outside}", str(folder.parent / "outside.png"))
    assert drawable(cell) is None
    assert drawable("loop/a.png") is None


def test_without_a_mounted_folder_no_path_is_opened(folder, monkeypatch):
    monkeypatch.delenv("FAULTLINE_DATA")
    assert drawable(str(folder / "set" / "img" / "a b.png"), folder / "set") is None


def test_huge_files_are_not_opened(folder):
    with (folder / "huge.png").open("wb") as file:
        file.write(png())
        file.truncate(MOST_BYTES + 1)
    assert drawable("huge.png") is None


def test_a_large_picture_becomes_a_small_one_in_the_table():
    large = png(400, 300, noise=True)
    assert len(uri(large)) > MOST_IN_A_TABLE
    small = in_a_table(large)
    assert small is not None
    assert len(small) < MOST_IN_A_TABLE
    with Image.open(io.BytesIO(base64.b64decode(small.partition(",")[2]))) as picture:
        assert picture.size == (160, 120)
    assert in_a_table(uri(png())) == uri(png())


def test_a_damaged_large_picture_is_not_drawn_in_the_table():
    assert in_a_table(png()[:40] + os.urandom(MOST_IN_A_TABLE)) is None


def test_roles_stand_after_what_is_known_of_a_row_and_before_the_rest():
    frame = pd.DataFrame(
        {"other": [[i] for i in range(40)], "page": [f"https://example.org/{i}" for i in range(40)], "row_id": range(40),
         "comment": [f"this is the {i}th comment of a customer who wrote a letter" for i in range(40)],
         "photo": [png()] * 40, "y": [0, 1] * 20, "p": [0.2, 0.8] * 20}
    )  # fmt: skip
    predictions = mc.read(frame, y_true="y", y_score="p", id="row_id")
    assert (predictions.roles.text, predictions.roles.image, predictions.roles.link) == (("comment",), ("photo",), ("page",))  # fmt: skip
    columns = example_columns(predictions, predictions.model())
    assert [(c.name, c.content) for c in columns] == [
        ("Row", "row"), ("Outcome", "outcome"), ("y", "truth"), ("Predicted", "predicted"), ("p", "score"), ("Loss", "loss"),
        ("photo", "picture"), ("comment", "text"), ("row_id", "role"), ("page", "link"), ("other", "other"),
    ]  # fmt: skip


def test_a_computed_column_never_takes_the_name_of_one_in_the_file():
    frame = pd.DataFrame({"y": [0, 1], "p": [0.2, 0.8], "Row": [1, 2], "Row (computed)": [3, 4]})
    predictions = mc.read(frame, y_true="y", y_score="p")
    names = [column.name for column in example_columns(predictions, predictions.model())]
    assert names[0] == "Row (computed) (computed)"
    assert len(set(names)) == len(names)
