"""Columns that people read: free text, pictures and links, told by names and by what the cells look like."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import metrics_core as mc
from demo_data import demo
from metrics_core.contents import picture_of
from metrics_core.errors import DataError

N = 60
BASE = pd.DataFrame({"y": np.arange(N) % 2, "score": np.arange(N) / N})
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
URI = "data:image/png;base64," + base64.b64encode(PNG).decode()
JPEG = b"\xff\xd8\xff\xe0" + b"0" * 20
WEBP = b"RIFF\x00\x00\x00\x00WEBPVP8 "
LONG = [
    f"The parcel with number {'abcdefghij'[i % 10]}{i} came late and was broken on arrival" for i in range(N)
]
SHORT = [f"arrived late {'abcdefgh'[i % 8] * (1 + i // 8)}" for i in range(N)]


def contents(**columns: Any) -> dict[str, tuple[str, ...]]:
    roles = mc.read(BASE.assign(**columns)).roles
    return {role: found for role in ("text", "image", "link") if (found := getattr(roles, role))}


TEXTS: dict[str, tuple[str, list[Any]]] = {
    "long texts of any name": ("x17", LONG),
    "English": ("review_text", SHORT),
    "German": ("Kommentar", SHORT),
    "French": ("commentaire", SHORT),
    "Spanish, accents": ("Reseña", SHORT),
    "Italian": ("messaggio", SHORT),
    "Portuguese": ("descrição", SHORT),
    "Dutch": ("opmerking", SHORT),
    "camel case": ("messageBody", SHORT),
    "no blanks between words": ("comment", [f"这部电影很好看{'甲乙丙丁戊己庚辛壬癸'[i % 10] * (i + 1)}" for i in range(N)]),
    "some empty": ("comment", [None if i % 3 else s for i, s in enumerate(SHORT)]),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_free_text_is_found(name: str) -> None:
    column, cells = TEXTS[name]
    assert contents(**{column: cells}) == {"text": (column,)}


NO_TEXTS: dict[str, tuple[str, list[Any]]] = {
    "few values": ("comment", ["not at all", "very much so"] * 30),
    "codes": ("message", [f"E{i}" for i in range(N)]),
    "names of people": ("name", [f"{'ABCDEFG'[i % 7]}rown, Mr. {'XYZ'[i % 3]}" for i in range(N)]),
    "numbers": ("text_length", list(range(N))),
    "lists of numbers": ("x", [f"[{i}.25, {i}.5, {i}.75, 1.0, 2.0, 3.0, 4.0, 5.0]" for i in range(N)]),
    "records": ("body", [f'{{"name": "some one", "place": "any where", "n": "{i}"}}' for i in range(N)]),
    "moments": ("note", [f"2026-01-01 00:{i:02}:00 +00:00 12345" for i in range(N)]),
    "short texts of any name": ("x17", SHORT),
    "nothing": ("text", [None] * N),
}


@pytest.mark.parametrize("name", NO_TEXTS)
def test_what_only_looks_like_text_is_none(name: str) -> None:
    column, cells = NO_TEXTS[name]
    assert contents(**{column: cells}) == {}


IMAGES: dict[str, tuple[str, list[Any]]] = {
    "data URIs": ("x", [URI] * N),
    "bytes of PNG": ("x", [PNG] * N),
    "bytes of JPEG, some empty": ("x", [None if i % 4 else JPEG for i in range(N)]),
    "bytes of WebP": ("x", [WEBP] * N),
    "records with bytes": ("x", [{"bytes": PNG, "path": f"{i}.png"} for i in range(N)]),
    "paths": ("file", [f"scans/{i:03}.png" for i in range(N)]),
    "names of files": ("x", [f"IMG_{i}.JPG" for i in range(N)]),
    "addresses of a bucket": ("x", [f"s3://bucket/{i}.tiff" for i in range(N)]),
    "paths without a known ending, named": ("Bild", [f"scans/{i:03}" for i in range(N)]),
    "nearly all": ("x", [URI] * (N - 3) + ["lost"] * 3),
}


@pytest.mark.parametrize("name", IMAGES)
def test_pictures_are_found(name: str) -> None:
    column, cells = IMAGES[name]
    assert contents(**{column: cells}) == {"image": (column,)}


NO_IMAGES: dict[str, tuple[str, list[Any]]] = {
    "whether there is one": ("picture", ["yes", "no"] * 30),
    "bytes of something else": ("image", [b"%PDF-1.7"] * N),
    "vectors": ("image", [[0.1, 0.2]] * N),
    "a name alone": ("photo", [f"no{i}" for i in range(N)]),
    "drawings that can run programs": ("x", ["data:image/svg+xml;base64,PHN2Zz4="] * N),
}


@pytest.mark.parametrize("name", NO_IMAGES)
def test_what_only_sounds_like_a_picture_is_none(name: str) -> None:
    column, cells = NO_IMAGES[name]
    assert contents(**{column: cells}) == {}


LINKS: dict[str, tuple[str, list[Any]]] = {
    "addresses": ("x", [f"https://example.org/{i}" for i in range(N)]),
    "few addresses": ("source", ["http://a.example", "HTTPS://b.example/x"] * 30),
    "the address of a picture": ("image_url", [f"https://example.org/{i}.png" for i in range(N)]),
    "without a scheme, named": ("href", [f"www.example.org/{i}" for i in range(N)]),
    "paths of a site, named": ("Enlace", [f"/articles/{i}" for i in range(N)]),
}


@pytest.mark.parametrize("name", LINKS)
def test_links_are_found(name: str) -> None:
    column, cells = LINKS[name]
    assert contents(**{column: cells}) == {"link": (column,)}


def test_what_only_sounds_like_a_link_is_none() -> None:
    assert contents(url=[f"page {i}" for i in range(N)], link=["logit", "probit"] * 30) == {}


def test_every_content_says_why() -> None:
    frame = BASE.assign(
        review=SHORT, about=LONG, photo=[URI] * N, page=[f"https://example.org/{i}" for i in range(N)]
    )
    reasons = mc.read(frame).reasons
    assert reasons["text"] == "'review': named 'review', free text; 'about': long texts, nearly all different"
    assert reasons["image"] == "pictures in the cells"
    assert reasons["link"] == "addresses on the web"


def test_the_pictures_of_the_demo_are_found() -> None:
    predictions = mc.read(demo("digits").path, **demo("digits").roles)
    assert predictions.roles.image == ("image",)
    assert predictions.roles.to_dict()["image"] == ["image"]


def test_contents_are_found_in_a_file_on_disk_as_in_memory(tmp_path: Path) -> None:
    table = pa.table({"y": BASE["y"], "score": BASE["score"], "x": [PNG] * N, "note": SHORT})
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=7)
    roles = mc.read(tmp_path / "t.parquet").roles
    assert (roles.text, roles.image) == (("note",), ("x",))


# ------------------------------------------------------------------------------------------------ named


def test_what_is_named_is_not_guessed() -> None:
    frame = BASE.assign(review=SHORT, about=LONG, kind=["a", "b"] * 30)
    assert mc.read(frame, text="kind").roles.text == ("kind",)
    assert mc.read(frame, text=["about", "kind", "about"]).roles.text == ("about", "kind")
    assert mc.read(frame, text=[]).roles.text == ()
    assert "text" not in mc.read(frame, text=[]).reasons
    assert mc.read(frame, link="about").roles.text == ("review",)


def test_a_content_that_is_named_says_so_and_one_that_is_empty_is_not_written() -> None:
    frame = BASE.assign(review=SHORT)
    named = mc.read(frame, text="review", link=[])
    assert named.reasons["text"] == "named by you"
    assert named.roles.to_dict()["text"] == ["review"]
    assert "link" not in named.roles.to_dict()


def test_a_column_that_is_not_there_or_has_two_contents_is_refused() -> None:
    frame = BASE.assign(review=SHORT)
    with pytest.raises(DataError, match=r"'frame' has no column 'reveiw'\. Did you mean 'review'"):
        mc.read(frame, text="reveiw")
    with pytest.raises(DataError, match="'review' is named both as text and as link"):
        mc.read(frame, text="review", link="review")


# ------------------------------------------------------------------------------------------------ beside other roles


def test_what_people_read_is_no_column_to_break_down_by() -> None:
    few = BASE.head(20).assign(
        comment=SHORT[:20], page=["https://a.example", "https://b.example"] * 10, kind=["a", "b"] * 10
    )
    assert mc.read(few).roles.slices == ("kind",)
    assert mc.read(few, text=[], link=[]).roles.slices == ("comment", "page", "kind")
    assert mc.read(few, slices=["page"]).roles.slices == ("page",)


def test_columns_that_are_named_as_contents_get_no_other_role() -> None:
    frame = BASE.assign(row_id=[f"www.example.org/{i}" for i in range(N)])
    assert mc.read(frame).roles.id == "row_id"
    roles = mc.read(frame, link="row_id").roles
    assert (roles.id, roles.link) == (None, ("row_id",))


def test_the_true_label_is_no_text() -> None:
    labels = np.where(BASE["y"] == 1, "the parcel came late", "the parcel came in time")
    roles = mc.read(BASE.assign(y=labels), y_true="y", pos_label="the parcel came late").roles
    assert roles.text == ()


# ------------------------------------------------------------------------------------------------ cells


@pytest.mark.parametrize("cell", [URI, PNG, {"bytes": PNG, "path": None}])
def test_a_picture_of_any_shape_is_one_data_uri(cell: object) -> None:
    assert picture_of(cell) == URI


@pytest.mark.parametrize("cell", [None, 7, "", "a.png", "https://example.org/a.png", b"", b"%PDF", {"bytes": None}, {"path": "a.png"}, [PNG]])  # fmt: skip
def test_whatever_carries_no_picture_is_none(cell: object) -> None:
    assert picture_of(cell) is None
