"""Running a decision on a file: one flag for each row, counted again with numpy, and a file that is whole or absent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from math import inf, nan
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pytest

import metrics_core as mc
from app.cli import main
from metrics_core.csv_out import defused
from metrics_core.decisions import apply as running
from metrics_core.decisions.apply import Applied, apply
from metrics_core.decisions.record import Decision
from metrics_core.source import open_source
from tests.tables import random_rows, write

MINIMAL: dict[str, Any] = {
    "schema": 1,
    "task": "binary",
    "model": "p",
    "pos_label": "1",
    "roles": {"y_true": "y", "y_score": "p", "score_kind": "probability"},
    "threshold": 0.5,
    "objective": {"maximize": "f1"},
    "data": {"sha256": "", "rows": 3},
    "feasible": True,
}
SITES = [{"column": "site", "value": value, "where": where, "threshold": cut}
         for value, where, cut in (("it's", "site == 'it''s'", 0.25), (None, "site is missing", 0.75))]  # fmt: skip


def decision(kind: str = "probability", **fields: Any) -> Decision:
    return Decision.from_dict(MINIMAL | {"roles": MINIMAL["roles"] | {"score_kind": kind}} | fields)


def table(n: int = 250) -> pd.DataFrame:
    """Scores with ties at 0.5 and empty cells; rows of three sites, one of them without a name."""
    score = random_rows(0, n, levels=20).score
    score[::11] = np.nan
    site = np.array(["it's", "b", None], dtype=object)[np.arange(n) % 3]
    return pd.DataFrame({"id": np.arange(n), "p": score, "site": site})


def run(record: Decision, data: Any, out: Path, **more: Any) -> tuple[Applied, pd.DataFrame]:
    """Apply a decision and read the file back."""
    applied = apply(record, open_source(data), out, **more)
    read = {
        ".csv": pd.read_csv,
        ".tsv": lambda path: pd.read_csv(path, sep="\t"),
        ".parquet": pd.read_parquet,
    }
    return applied, read[out.suffix](out)


# ---------------------------------------------------------------------------------------------- flags

WRITERS: dict[str, Callable[[pd.DataFrame, Path], object]] = {
    "in.csv": lambda frame, path: frame.to_csv(path, index=False),
    "in.csv.gz": lambda frame, path: frame.to_csv(path, index=False),
    "in.tsv": lambda frame, path: frame.to_csv(path, index=False, sep="\t"),
    "in.jsonl": lambda frame, path: frame.to_json(path, orient="records", lines=True),
    "in.parquet": lambda frame, path: frame.to_parquet(path, index=False),
    "in.feather": lambda frame, path: pyarrow.feather.write_feather(frame, str(path)),
}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_the_flags_are_those_of_the_scores_in_every_format(name: str, ending: str, tmp_path: Path) -> None:
    frame = table()
    WRITERS[name](frame, tmp_path / name)
    applied, read = run(decision(), tmp_path / name, tmp_path / f"out.{ending}")
    expected = np.where(frame["p"].isna(), np.nan, frame["p"] >= 0.5)
    assert np.array_equal(read["flagged"].to_numpy(dtype=float, na_value=nan), expected, equal_nan=True)
    assert read["id"].tolist() == frame["id"].tolist()
    assert (read["threshold"] == 0.5).all()
    assert list(read.columns) == ["id", "p", "site", "flagged", "threshold"]
    assert (applied.rows, applied.flagged, applied.without) == (
        250,
        int(np.nansum(expected)),
        {"score missing": 23},
    )
    assert applied.flagged_share == pytest.approx(np.nansum(expected) / (250 - 23))


def test_tabs_separate_the_columns_of_a_tsv(tmp_path: Path) -> None:
    _, read = run(decision(), table(), tmp_path / "out.tsv")
    assert list(read.columns) == ["id", "p", "site", "flagged", "threshold"]


def test_odd_scores_have_an_empty_flag_and_are_counted(tmp_path: Path) -> None:
    cells = ["0.7", "high", "inf", "1.7", "", "nan", "n/a", "0.2", " 0.5 ", "50%", ".5"]
    path = write(tmp_path, pd.DataFrame({"id": range(len(cells)), "p": cells}).to_csv(index=False))
    applied, read = run(decision(), path, tmp_path / "out.csv")
    flags = [1, None, None, None, None, None, None, 0, 1, 1, 1]
    assert read["flagged"].astype(object).where(read["flagged"].notna(), None).tolist() == flags
    assert applied.without == {"score missing": 3, "score not a number": 1, "score infinite": 1, "score outside 0 to 1": 1}  # fmt: skip
    assert applied.findings[-1].text.startswith("6 of 11 rows have no usable score (score missing 3, ")
    shown = json.loads(json.dumps(applied.to_dict(), allow_nan=False))
    assert (shown["rows"], shown["flagged"], shown["flagged_share"]) == (11, 4, 0.8)


@pytest.mark.parametrize("kind", ["percent", "logit", "margin", "score"])
def test_a_row_exactly_at_the_threshold_is_flagged_on_every_scale(kind: str, tmp_path: Path) -> None:
    p = random_rows(1, 120).score.clip(0.01, 0.99)
    raw = {"percent": 100 * p, "logit": np.log(p / (1 - p)), "margin": 4 * p - 2, "score": 70 * p}[kind]
    frame = pd.DataFrame({"y": (p > 0.4).astype(int), "p": raw})
    score = mc.read(frame, y_true="y", y_score="p", score_kind=kind).cases["p"].score
    for row in range(0, 120, 15):
        cut = float(score[row])
        _, read = run(decision(kind, threshold=cut), frame, tmp_path / "out.parquet")
        assert read["flagged"].tolist() == (score >= cut).astype(int).tolist()
        assert read["flagged"].tolist() == (raw >= raw[row]).astype(int).tolist()
        assert (read["threshold"] == cut).all()


def test_groups_follow_their_own_thresholds_and_all_others_the_common_one(tmp_path: Path) -> None:
    frame = table()
    _, read = run(decision(thresholds=SITES), frame, tmp_path / "out.parquet")
    cut = np.select([frame["site"] == "it's", frame["site"].isna()], [0.25, 0.75], 0.5)
    assert read["threshold"].tolist() == cut.tolist()
    usable = frame["p"].notna()
    assert read["flagged"][usable].tolist() == (frame["p"] >= cut)[usable].astype(int).tolist()


def test_of_groups_that_overlap_the_first_counts(tmp_path: Path) -> None:
    groups = [{"where": "id >= 2", "threshold": 0.9}, {"where": "id >= 1", "threshold": 0.1}]
    frame = pd.DataFrame({"id": [0, 1, 2], "p": [0.2, 0.2, 0.2]})
    _, read = run(decision(thresholds=groups), frame, tmp_path / "out.parquet")
    assert read["threshold"].tolist() == [0.5, 0.1, 0.9]


def test_the_scores_may_be_called_otherwise(tmp_path: Path) -> None:
    applied, _ = run(decision(), table().rename(columns={"p": "q"}), tmp_path / "out.csv", y_score="q")
    assert applied.flagged == int((table()["p"] >= 0.5).sum())


# ------------------------------------------------------------------------------------- what is written


def test_a_file_of_many_row_groups_is_written_like_one(tmp_path: Path) -> None:
    frame = table()
    frame.to_parquet(tmp_path / "one.parquet", index=False)
    frame.to_parquet(tmp_path / "many.parquet", index=False, row_group_size=7)
    outs = [run(decision(thresholds=SITES), tmp_path / name, tmp_path / f"out_{name}")[1] for name in ("one.parquet", "many.parquet")]  # fmt: skip
    pd.testing.assert_frame_equal(*outs)


def test_a_table_longer_than_a_batch_keeps_its_order(tmp_path: Path) -> None:
    score = np.random.default_rng(0).random(140_000)
    _, read = run(decision(), pa.table({"p": score}), tmp_path / "out.parquet")
    assert np.array_equal(read["p"], score)
    assert np.array_equal(read["flagged"], score >= 0.5)


def test_a_folder_of_parquet_files_is_one_table(tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    for i, part in enumerate((table()[:100], table()[100:])):
        part.to_parquet(folder / f"{i}.parquet", index=False)
    _, read = run(decision(), folder, tmp_path / "out.parquet")
    assert read["id"].tolist() == list(range(250))


def test_cells_that_a_spreadsheet_would_run_are_written_as_text(tmp_path: Path) -> None:
    cells = ["=1+1", "+cmd", "-5", "-5 apples", "@sum", "\tx", "plain", "1e-3", "-.5"]
    frame = pd.DataFrame({"p": 0.5, "=note": cells})
    applied = apply(decision(), open_source(frame), tmp_path / "out.csv")
    read = pd.read_csv(tmp_path / "out.csv", dtype=str)
    assert read["'=note"].tolist() == ["'=1+1", "'+cmd", "-5", "'-5 apples", "'@sum", "'\tx", "plain", "1e-3", "-.5"]  # fmt: skip
    assert applied.flagged == 9
    _, untouched = run(decision(), frame, tmp_path / "out.parquet")
    assert untouched["=note"].tolist() == cells


def test_commas_quotes_and_line_ends_stay_in_their_cell(tmp_path: Path) -> None:
    cells = ["a, b", 'say "so"', "two\nlines", "", None, "00123"]
    apply(decision(), open_source(pd.DataFrame({"p": 0.5, "note": cells})), tmp_path / "out.csv")
    read = pd.read_csv(tmp_path / "out.csv", dtype=str)["note"]
    assert read.where(read.notna(), "").tolist() == ["a, b", 'say "so"', "two\nlines", "", "", "00123"]


def test_every_digit_of_a_number_is_written(tmp_path: Path) -> None:
    score = np.append(np.random.default_rng(0).random(50), [5e-324, 1 - 2**-53])
    _, read = run(decision(threshold=0.1 + 0.2), pa.table({"p": score}), tmp_path / "out.csv")
    assert read["p"].tolist() == score.tolist()
    assert (read["threshold"] == 0.1 + 0.2).all()


KINDS: dict[str, tuple[pa.Array, list[Any]]] = {
    "decimal": (pa.array([Decimal("1.10"), None]), ["1.10", None]),
    "date": (pa.array([date(2026, 1, 2), None]), [date(2026, 1, 2), None]),
    "duration": (pa.array([timedelta(days=1), None]), ["1 day, 0:00:00", None]),
    "list": (pa.array([["=a"], None]), ["['=a']", None]),
    "bytes": (pa.array([b"=a", None]), ["b'=a'", None]),
    "dictionary": (pa.array(["=a", None]).dictionary_encode(), ["'=a", None]),
    "view": (pa.array(["=a", None], pa.string_view()), ["'=a", None]),
    "large text": (pa.array(["=a", "a"], pa.large_string()), ["'=a", "a"]),
    "nothing": (pa.nulls(2), [None, None]),
    "truth": (pa.array([True, None]), [True, None]),
    "long integer": (pa.array([2**64 - 1, 0], pa.uint64()), [2**64 - 1, 0]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_of_any_type_can_be_written_as_csv(kind: str, tmp_path: Path) -> None:
    column, expected = KINDS[kind]
    source = pa.table({"p": [0.4, 0.6], "c": column})
    assert defused(source).column("c").to_pylist() == expected
    assert run(decision(), source, tmp_path / "out.csv")[0].flagged == 1


# -------------------------------------------------------------------------------------------- refusals


def test_the_file_that_is_read_is_not_written_over(tmp_path: Path) -> None:
    path = write(tmp_path, table().to_csv(index=False), "in.csv")
    before = path.read_bytes()
    (tmp_path / "link.csv").symlink_to(path)
    for out in (path, tmp_path / "link.csv", tmp_path / "." / "in.csv"):
        with pytest.raises(mc.DataError, match="is the file that is read"):
            apply(decision(), open_source(path), out)
    assert path.read_bytes() == before


@pytest.mark.parametrize("column", ["flagged", "threshold"])
def test_a_column_of_that_name_is_not_written_over(column: str, tmp_path: Path) -> None:
    with pytest.raises(mc.DataError, match=f"'frame' already has a column '{column}'. Rename it"):
        apply(decision(), open_source(table().assign(**{column: 1})), tmp_path / "out.csv")
    assert list(tmp_path.iterdir()) == []


REFUSED: list[tuple[Decision, pd.DataFrame, str, str]] = [
    (decision(), table(), "out.xlsx", "'out.xlsx' must end in .csv, .tsv or .parquet, so that its format is known."),
    (decision(), table(), "nowhere/out.csv", "nowhere/out.csv' cannot be written: No such file or directory."),
    (decision(), table(), "nowhere/out.parquet", "cannot be written: No such file or directory."),
    (decision(), table().rename(columns={"p": "pp"}), "out.csv", "'frame' has no column 'p', which holds the scores of this decision. Did you mean 'pp'? Say where they are with --y-score."),
    (decision(), table().assign(p="high"), "out.csv", "Column 'p' (used as y_score) holds text in 250 of 250 rows"),
    (decision(), table().assign(p=inf), "out.csv", "has no number in any of its 250 rows"),
    (decision(threshold=None, feasible=False), table(), "out.csv", "No threshold was feasible when this decision was made, so there is nothing to run."),
    (decision(thresholds=SITES), table().drop(columns="site"), "out.csv", "'frame' has no column 'site'."),
    (decision(thresholds=SITES), table().assign(site=1), "out.csv", "Column 'site' holds numbers, and the filter compares it with 'it''s'."),
]  # fmt: skip


@pytest.mark.parametrize(("record", "frame", "out", "sentence"), REFUSED, ids=[s[:40] for *_, s in REFUSED])
def test_what_cannot_be_run_is_refused_and_nothing_is_written(record: Decision, frame: pd.DataFrame, out: str, sentence: str, tmp_path: Path) -> None:  # fmt: skip
    with pytest.raises(mc.DataError) as refusal:
        apply(record, open_source(frame), tmp_path / out)
    assert sentence in str(refusal.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), pa.ArrowInvalid("No space left on device")])  # fmt: skip
def test_a_write_that_fails_half_way_leaves_the_older_file(ending: str, error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    table().to_parquet(tmp_path / "in.parquet", index=False, row_group_size=50)
    out = write(tmp_path, "old", f"out.{ending}")
    whole = running._with_flags

    def full(scored: Any) -> Iterator[pa.Table]:
        parts = whole(scored)
        yield next(parts)
        raise error

    monkeypatch.setattr(running, "_with_flags", full)
    with pytest.raises(mc.DataError, match="cannot be written: No space left on device"):
        apply(decision(), open_source(tmp_path / "in.parquet"), out)
    assert out.read_text() == "old"
    assert {path.name for path in tmp_path.iterdir()} == {"in.parquet", out.name}


# ------------------------------------------------------------------------------------ the command line


def test_the_command_says_how_many_rows_it_flagged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    decision().save(tmp_path / "d.json")
    path, out = write(tmp_path, table().to_csv(index=False)), tmp_path / "out.csv"
    words = ["apply", str(tmp_path / "d.json"), str(path), "-o", str(out)]
    assert main(words) == 0
    flagged = int((table()["p"] >= 0.5).sum())
    captured = capsys.readouterr()
    assert captured.err == ""
    first, *rest = captured.out.splitlines()
    assert first == f"{flagged} of 250 rows flagged ({flagged / 227:.1%}); written to {out}."
    assert "not-flagged: 23 of 250 rows have no usable score (score missing 23); their flag is empty." in " ".join(" ".join(rest).split())  # fmt: skip
    assert main([*words, "--format", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["rows"], shown["flagged"], shown["without_score"], shown["output"]) == (250, flagged, {"score missing": 23}, str(out))  # fmt: skip


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("RECORD", "This takes the record of a decision and a file: faultline apply decision.json"),
        ("RECORD FILE", "Say where to write the flags: -o flagged.csv."),
        ("FILE RECORD -o OUT", "is no decision record: it is not JSON"),
        ("RECORD nothing.csv -o OUT", "There is no file 'nothing.csv'."),
        ("RECORD FILE -o OUT --y-score q", "has no column 'q'"),
    ],
)
def test_a_slip_is_refused_in_one_message(words: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    decision().save(tmp_path / "d.json")
    path = write(tmp_path, table().to_csv(index=False))
    names = {"RECORD": tmp_path / "d.json", "FILE": path, "OUT": tmp_path / "out.csv"}
    assert main(["apply", *(str(names.get(word, word)) for word in words.split())]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert sentence in captured.err
    assert not (tmp_path / "out.csv").exists()
