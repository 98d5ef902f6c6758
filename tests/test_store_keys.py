"""What names a row: its id, or its content, from one export to the next."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.store import duplicates, keys_of, positions_of, read_key, write_key
from metrics_core.source import Source, open_source


def source(**columns: object) -> Source:
    return open_source(pa.table(columns))


def test_ids_are_text_and_name_their_rows_in_any_order():
    first = source(id=["007", "a b", "=1", "ü"], y=[1, 0, 1, 0])
    again = source(y=[0.5, 0.25, 1, 0, 7], id=["ü", "new", "=1", "a b", "007"])
    keys = keys_of(first, ["id"], [0, 1, 2, 3])
    assert keys == ["id:007", "id:a b", "id:=1", "id:ü"]
    assert positions_of(again, ["id"], keys) == {"id:ü": [0], "id:=1": [2], "id:a b": [3], "id:007": [4]}


@pytest.mark.parametrize("cells", [[1, 2, 30], [1.0, 2.0, 30.0], ["1", "2", "30"], pa.array([1, 2, 30], pa.uint8()),
                                   pa.array(["1", "2", "30"]).dictionary_encode()])  # fmt: skip
def test_an_id_is_the_same_however_the_file_stores_it(cells):
    assert keys_of(source(id=cells), ["id"], [2, 0]) == ["id:30", "id:1"]
    assert positions_of(source(id=cells), ["id"], ["id:2"]) == {"id:2": [1]}


def test_big_ids_keep_every_digit():
    ids = [2**62 + 1, 2**62 + 3]
    assert keys_of(source(id=ids), ["id"], [0, 1]) == [f"id:{i}" for i in ids]


def test_a_row_without_an_id_is_known_by_its_content():
    table = source(id=["a", None, "c"], x=[1, 2, 3])
    key = keys_of(table, ["id"], [1])[0]
    assert key.startswith("content:")
    assert positions_of(table, ["id"], [key, "id:c"]) == {key: [1], "id:c": [2]}


def test_content_survives_another_order_of_rows_and_columns():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"x": rng.random(50), "n": rng.integers(0, 9, 50), "t": [f"row {i}, text" for i in range(50)], "when": pd.date_range("2026-01-01", periods=50)})  # fmt: skip
    frame.loc[3, "t"] = None
    first = open_source(frame)
    keys = keys_of(first, (), range(50))
    assert len(set(keys)) == 50
    order = rng.permutation(50)
    again = open_source(frame.iloc[order][["when", "t", "n", "x"]].reset_index(drop=True))
    assert positions_of(again, (), keys) == {keys[row]: [at] for at, row in enumerate(order)}


def test_content_is_the_same_in_csv_and_parquet(tmp_path):
    frame = pd.DataFrame({"x": [0.25, 3.0, 1e-7], "n": [1, 2, 3], "t": ["a", "b, c", "é"]})
    frame.to_csv(tmp_path / "f.csv", index=False)
    frame.to_parquet(tmp_path / "f.parquet")
    keys = [keys_of(open_source(tmp_path / name), (), range(3)) for name in ("f.csv", "f.parquet")]
    assert keys[0] == keys[1]


def test_rows_that_are_the_same_in_every_cell_share_their_content():
    table = source(x=[1, 2, 1], y=["a", "b", "a"])
    keys = keys_of(table, (), [0, 1, 2])
    assert keys[0] == keys[2] != keys[1]
    assert positions_of(table, (), keys[:1]) == {keys[0]: [0, 2]}


@pytest.mark.parametrize(("a", "b"), [({"x": ["1"], "y": ["2"]}, {"x": ["2"], "y": ["1"]}), ({"x": [None]}, {"x": [""]}), ({"x": ["a"]}, {"z": ["a"]})])  # fmt: skip
def test_other_cells_are_another_content(a, b):
    assert keys_of(source(**{k: pa.array(v, pa.string()) for k, v in a.items()}), (), [0]) != keys_of(
        source(**{k: pa.array(v, pa.string()) for k, v in b.items()}), (), [0]
    )


def test_every_kind_of_cell_has_a_content():
    table = source(l=[[1, 2], None], b=[b"\x00", b""], f=[True, None], d=pa.array([1, 2], pa.date32()), s=[{"a": 1}, None], z=pa.nulls(2))  # fmt: skip
    assert len(set(keys_of(table, (), [0, 1]))) == 2


def test_a_file_left_on_disk_is_searched_in_parts(tmp_path):
    table = pa.table({"x": np.arange(200_000), "t": pa.array([str(i % 1000) for i in range(200_000)])})
    pq.write_table(table, tmp_path / "big.parquet", row_group_size=50_000)
    big = open_source(tmp_path / "big.parquet")
    keys = keys_of(big, (), [5, 199_999])
    assert positions_of(big, (), keys) == {keys[0]: [5], keys[1]: [199_999]}


def test_an_id_that_several_rows_have_is_counted_and_names_them_all():
    table = source(id=["a", "b", "a", None, None, "c"])
    assert duplicates(table, ["id"], np.arange(6)) == 2
    assert duplicates(table, ["id"], np.array([0, 1, 5])) == 0
    assert positions_of(table, ["id"], ["id:a"]) == {"id:a": [0, 2]}


@pytest.mark.parametrize(
    "key", ["id:x", "id:", "id:id:x", "id:content:ab", "content:ab", "id:content", "id:'=1"]
)
def test_a_key_written_to_a_file_is_read_back(key):
    assert read_key(write_key(key)) == key


def test_no_key_of_another_file_is_found():
    assert positions_of(source(id=["a"]), ["id"], ["id:b", "content:00"]) == {}
    assert positions_of(source(x=["a"]), (), ["id:a"]) == {}


def test_an_id_of_several_columns_names_a_row_as_one_does():
    table = source(shop=["a", "a", "b", None], day=["1", "2", "1", "1"], x=[1, 2, 3, 4])
    keys = keys_of(table, ["shop", "day"], [0, 1, 2, 3])
    assert keys[:3] == ["id:a · 1", "id:a · 2", "id:b · 1"]
    assert keys[3].startswith("content:")
    assert positions_of(table, ["shop", "day"], keys) == {key: [at] for at, key in enumerate(keys)}
    assert duplicates(table, ["shop"], np.arange(4)) == 2
