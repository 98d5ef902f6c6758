"""Small tables with one thing wrong in their cells each: what must become of them, and the numbers that must still be right."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from tests.class_tables import random_classes
from tests.tables import random_rows

Verdict = Literal["accept", "finding", "ask", "reject"]

N = 200
ROWS = random_rows(3, N)
TRUE, SCORE = ROWS.positive, np.round(ROWS.score, 4)
DECIDED = SCORE >= 0.45
AT = np.arange(N)
FEW, MANY = AT < 3, AT < 30
FRAME = pd.DataFrame({"y_true": TRUE.astype(int), "y_score": SCORE})
DECISIONS = pd.DataFrame({"y_true": TRUE.astype(int), "y_pred": DECIDED.astype(int)})
FRAUD = np.where(TRUE, "fraud", "honest").astype(object)

CLASSES = random_classes(3, N, 3)
KINDS = np.array(["cat", "dog", "fox"], dtype=object)
MANY_FRAME = pd.DataFrame({"y_true": KINDS[CLASSES.truth], "y_pred": KINDS[CLASSES.decided]} | {f"p_{k}": CLASSES.p[:, i] for i, k in enumerate(KINDS)})  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Line:
    """One table of the catalogue.

    Attributes
    ----------
    data : frame
    read : dict
        Arguments for ``read`` beside the columns' names.
    verdict : {"accept", "finding", "ask", "reject"}
    id : str
        Of the finding or of the question.
    says : str
        Part of the sentence.
    options : tuple of str
        Of the question.
    choose : dict
        An answer to it, for the numbers.
    kept : (n,) bool
        Rows that the numbers are about.
    score, predicted, truth : (n,) array, optional
        What the cells mean; ``weight`` counts them.
    """

    data: Any
    read: dict[str, Any] = field(default_factory=dict)
    verdict: Verdict = "accept"
    id: str = ""
    says: str = ""
    options: tuple[str, ...] = ()
    choose: dict[str, str] = field(default_factory=dict)
    kept: NDArray[np.bool_] = field(default_factory=lambda: np.ones(N, dtype=bool))
    truth: Any = None
    score: Any = None
    predicted: Any = None
    weight: Any = None


def scored(cells: Any, verdict: Verdict = "accept", id: str = "", says: str = "", **more: Any) -> Line:
    """A table whose scores are odd; unless it is said otherwise they mean ``SCORE``."""
    more.setdefault("score", SCORE if verdict != "reject" else None)
    data = pa.table({"y_true": FRAME["y_true"].to_numpy(), "y_score": cells}) if isinstance(cells, pa.Array) else FRAME.assign(y_score=cells)  # fmt: skip
    return Line(data=data, read={"y_score": "y_score", **more.pop("read", {})}, verdict=verdict, id=id, says=says, truth=TRUE, **more)  # fmt: skip


def labelled(cells: Any, verdict: Verdict = "accept", id: str = "", says: str = "", **more: Any) -> Line:
    """A table whose true labels are odd; unless it is said otherwise they mean ``TRUE``."""
    data = pa.table({"y_true": cells, "y_score": SCORE}) if isinstance(cells, pa.Array) else FRAME.assign(y_true=cells)  # fmt: skip
    read = {"y_score": "y_score", **more.pop("read", {})}
    return Line(data=data, read=read, verdict=verdict, id=id, says=says, truth=more.pop("truth", TRUE), score=None if verdict == "reject" else SCORE, **more)  # fmt: skip


def decided(cells: Any, verdict: Verdict = "accept", id: str = "", says: str = "", **more: Any) -> Line:
    """A table whose decisions are odd; unless it is said otherwise they mean ``DECIDED``."""
    data = DECISIONS.assign(y_pred=cells, **more.pop("columns", {}))
    meant = more.pop("predicted", None if verdict == "reject" else DECIDED)
    return Line(data=data, read={"y_pred": "y_pred", **more.pop("read", {})}, verdict=verdict, id=id, says=says, truth=TRUE, predicted=meant, **more)  # fmt: skip


def weighted(cells: Any, verdict: Verdict = "accept", id: str = "", says: str = "", **more: Any) -> Line:
    """A table whose weights are odd."""
    read = {"y_score": "y_score", "weight": "w", **more.pop("read", {})}
    return Line(data=FRAME.assign(w=cells), read=read, verdict=verdict, id=id, says=says, truth=TRUE, score=None if verdict == "reject" else SCORE, **more)  # fmt: skip


def grouped(cells: Any, verdict: Verdict = "accept", id: str = "", says: str = "") -> Line:
    """A table whose groups are odd; the numbers never change."""
    return Line(data=FRAME.assign(g=cells), read={"y_score": "y_score", "group": "g"}, verdict=verdict, id=id, says=says, truth=TRUE, score=None if verdict == "reject" else SCORE)  # fmt: skip


def classes(verdict: Verdict = "accept", id: str = "", says: str = "", **more: Any) -> Line:
    """A table of many classes with some columns replaced."""
    columns = more.pop("columns", {})
    read = {"y_pred": "y_pred", "proba_prefix": "p_", **more.pop("read", {})}
    truth, predicted = more.pop("truth", KINDS[CLASSES.truth]), more.pop("predicted", KINDS[CLASSES.decided])
    data = MANY_FRAME.drop(columns=more.pop("without", [])).assign(**columns)
    return Line(data=data, read=read, verdict=verdict, id=id, says=says, truth=None if verdict == "reject" else truth, predicted=predicted, **more)  # fmt: skip


def _as_text(values: Any, form: str = "{}") -> Any:
    return np.array([form.format(v) for v in values], dtype=object)


def _mixed(main: Any, other: Any, where: Any) -> Any:
    return np.where(where, other, main).astype(object)


PERCENT = np.round(100 * SCORE, 2)
LOGIT = np.log(SCORE + 1e-3) - np.log(1 - SCORE + 1e-3)
RARE_PERCENT = np.where(AT % 14 == 0, 5 + PERCENT / 2, PERCENT / 120)
HALF = SCORE.astype(np.float16)
ABOVE_HALF = np.where(FEW, np.float16(1.001), HALF)

SCORES: dict[str, Line] = {
    "float32": scored(SCORE.astype("float32"), score=SCORE.astype("float32")),
    "half precision": scored(pa.array(HALF), score=HALF.astype(float)),
    "half precision above 1": scored(pa.array(ABOVE_HALF), "finding", "score-clipped", "3 of 200 rows of 'y_score' lie outside 0 to 1 by rounding (half precision", score=np.minimum(ABOVE_HALF.astype(float), 1)),
    "rounding": scored(np.where(FEW, 1 + 5e-7, SCORE), "finding", "score-clipped", "3 of 200 rows", score=np.where(FEW, 1, SCORE)),
    "missing": scored(np.where(FEW, np.nan, SCORE), "finding", "score-missing", "is empty in 3 of 200 rows (row 1, 2, 3)", kept=~FEW),
    "infinite": scored(np.where(FEW, -np.inf, SCORE), "finding", "score-infinite", "3 of 200 rows that are infinite: row 1 = -inf", kept=~FEW),
    "outside": scored(np.where(FEW, 1.4, SCORE), "finding", "score-outside", "3 of 200 rows outside 0 to 1: row 1 = 1.4", kept=~FEW),
    "stand-in in 30 rows": scored(np.where(MANY, -999, SCORE), "finding", "score-outside", "30 of 200 rows outside 0 to 1", kept=~MANY),
    "scattered": scored(np.where(MANY, 2 + SCORE, SCORE), "ask", "score_kind", "30 of 200 rows outside 0 to 1", options=("percent", "score", "probability"), choose={"score_kind": "probability"}, kept=~MANY),
    "percent": scored(PERCENT, "ask", "score_kind", "runs from", options=("percent", "score", "probability"), choose={"score_kind": "percent"}, score=PERCENT / 100),
    "percent, nearly all below 1": scored(RARE_PERCENT, "ask", "score_kind", "15 of 200 rows outside 0 to 1", options=("percent", "score", "probability"), choose={"score_kind": "percent"}, score=RARE_PERCENT / 100),
    "percent signs": scored(_as_text(PERCENT, "{}%"), "finding", "percent-sign", "200 of 200 rows; these numbers were divided by 100", score=PERCENT / 100),
    "percent signs in some": scored(_mixed(_as_text(SCORE), _as_text(PERCENT, "{} %"), FEW), "ask", "score_kind", "a percent sign in 3 of 200 rows, and none in the others", options=("percent", "probability"), choose={"score_kind": "probability"}),
    "logit": scored(LOGIT, "ask", "score_kind", "runs from -", options=("logit", "margin", "score", "probability"), choose={"score_kind": "logit"}, score=1 / (1 + np.exp(-LOGIT))),
    "said to be percent": scored(SCORE, "finding", "score-kind-doubt", "read as percent because somebody said so", read={"score_kind": "percent"}, score=SCORE / 100),
    "decimal comma": scored(np.array([str(v).replace(".", ",") for v in SCORE], dtype=object), "finding", "decimal-comma", "decimal comma in 200 of 200 rows: row 1 = '0,"),
    "comma of thousands or decimals": scored(_as_text(AT, "1,{:03d}"), "reject", says="Commas may separate thousands or decimals"),
    "blanks around text": scored(_as_text(SCORE, " {}\t")),
    "no-break blanks and a long minus": scored(_as_text(SCORE - 0.9, "\u00a0{}").astype(str).astype(object), "ask", "score_kind", "runs from -", options=("logit", "margin", "score", "probability"), choose={"score_kind": "margin"}, score=np.round(SCORE - 0.9, 12)),
    "words for nothing": scored(_mixed(_as_text(SCORE), "NaN", FEW), "finding", "score-missing", "empty in 3 of 200", kept=~FEW),
    "some words": scored(_mixed(_as_text(SCORE), "high", FEW), "finding", "score-not-a-number", "row 1 = 'high'", kept=~FEW),
    "labels": scored(FRAUD, "reject", says="holds text in 200 of 200 rows"),
    "moments": scored(pd.Timestamp("2026-01-01") + pd.to_timedelta(AT, unit="h"), "reject", says="Column 'y_score' (used as y_score) does not hold numbers."),
    "moments with a zone": scored(pd.Timestamp("2026-01-01", tz="Europe/Paris") + pd.to_timedelta(AT, unit="h"), "reject", says="does not hold numbers"),
    "durations": scored(pa.array([dt.timedelta(seconds=int(i)) for i in AT]), "reject", says="does not hold numbers"),
    "lists": scored(pa.array([[float(s)] for s in SCORE]), "reject", says="does not hold numbers"),
    "decimals": scored(pa.array([Decimal(str(s)) for s in SCORE])),
    "categories": scored(pd.Categorical(_as_text(SCORE))),
    "0 and 1": scored(DECIDED.astype(int), score=DECIDED.astype(float)),
    "booleans": scored(DECIDED, score=DECIDED.astype(float)),
    "constant": scored(0.25, score=np.full(N, 0.25)),
    "denormal": scored(np.where(FEW, 5e-324, SCORE), score=np.where(FEW, 5e-324, SCORE)),
    "reversed": scored(1 - SCORE, score=1 - SCORE),
    "ids": scored(2**53 + 3 * AT, "finding", "integers-too-long", "199 of 200 rows beyond 2^53", read={"score_kind": "score"}, score=(2**53 + 3 * AT).astype(float)),
}  # fmt: skip

TWIN = np.where(AT % 2, "caf\u00e9", "cafe\u0301")
CYRILLIC = "fr\u0430ud"

LABELS: dict[str, Line] = {
    "text of decimals": labelled(np.where(TRUE, "1.0", "0.0"), "finding", "labels-whole", "200 of 200 rows"),
    "plus sign": labelled(np.where(TRUE, "+1", "-1"), "finding", "labels-whole", "row"),
    "decimal": labelled(pa.array([Decimal(int(t)) for t in TRUE])),
    "categories of text": labelled(pd.Categorical(np.where(TRUE, "Yes", "no"))),
    "mixed spelling": labelled(_mixed(np.where(TRUE, "Yes", "no"), np.where(TRUE, "YES", "NO"), FEW), "finding", "labels-case", "were read as 'no' and 'yes'"),
    "blanks around": labelled(np.where(TRUE, "yes ", "no"), "finding", "labels-trimmed", f"{TRUE.sum()} of 200 rows"),
    "zero-width": labelled(np.where(TRUE, "yes", "\u200bno"), "finding", "labels-invisible", "= '\\\\u200bno'"),
    "right-to-left mark": labelled(np.where(TRUE, "yes\u200f", "no"), "finding", "labels-invisible", "u200f"),
    "twins": labelled(np.where(TRUE, "tea", TWIN), "finding", "labels-unicode", "they were written in the usual one", read={"pos_label": "tea"}),
    "no-break blank": labelled(np.where(TRUE, "not\u00a0ok", "ok"), "finding", "labels-unicode", "xa0", read={"pos_label": "not ok"}),
    "text labels": labelled(FRAUD, "ask", "pos_label", "Which label", options=("fraud", "honest"), choose={"pos_label": "fraud"}),
    "word for nothing beside a pair": labelled(_mixed(np.where(TRUE, "yes", "no"), "NA", FEW), "finding", "labels-no-value", "'NA' in 3 of 200 rows (row 1 = 'NA'", kept=~FEW),
    "word for nothing beside numbers": labelled(_mixed(np.where(TRUE, "1.0", "0.0"), "nan", FEW), "finding", "labels-no-value", "that was read as no value", kept=~FEW),
    "word that may be missing": labelled(np.where(TRUE, "fraud", "none"), "ask", "missing_label", "Is that a label?", options=("missing", "label"), read={"pos_label": "fraud"}, choose={"missing_label": "label"}),
    "third value": labelled(_mixed(TRUE.astype(int).astype(str), "?", FEW), "ask", "third_label", "holds '?' in 3 of 200 rows (row 1 = '?', row 2 = '?', row 3 = '?'). What are these rows?", options=("drop", "class"), choose={"third_label": "drop"}, kept=~FEW),
    "third value of many": labelled(TRUE.astype(int) + (AT % 3 == 0), "reject", says="has 3 different labels", read={"task": "binary"}),
    "case of words": labelled(_mixed(FRAUD, "Fraud", TRUE & (AT % 2 == 0)), "ask", "label_case", "differ in letter case only. Are they one label?", options=("same", "apart"), choose={"label_case": "same", "pos_label": "fraud"}),
    "leading zeros": labelled(np.where(TRUE, "007", "7"), "ask", "pos_label", "Which label", options=("007", "7"), choose={"pos_label": "007"}),
    "look-alike letters": labelled(np.where(TRUE, CYRILLIC, "fraud"), "finding", "labels-alike", "U+0430 (cyrillic small letter a)", read={"pos_label": CYRILLIC}),
    "long integers": labelled(2**60 + TRUE.astype(int), "ask", "pos_label", "Which label", options=(str(2**60), str(2**60 + 1)), choose={"pos_label": str(2**60 + 1)}),
    "one class": labelled(1, "finding", "one-class", "All 200 rows of 'y_true' are '1'", truth=np.ones(N, dtype=bool)),
    "missing": labelled(np.where(FEW, np.nan, TRUE), "finding", "label-missing", "is empty in 3 of 200 rows", kept=~FEW),
    "empty": labelled(None, "reject", says="is empty in all 200 rows"),
    "zero-width only": labelled("\u200b", "reject", says="is empty in all 200 rows"),
    "lists of labels": labelled(pa.array([[int(t)] for t in TRUE]), "reject", says="nested or binary values and cannot be a label", read={"task": "binary"}),
    "durations as labels": labelled(pa.array([dt.timedelta(int(t)) for t in TRUE]), "reject", says="cannot be a label"),
    "names of rows": labelled(_as_text(np.arange(N), "row {}"), "reject", says="200 different labels", read={"task": "binary"}),
}  # fmt: skip

DECISIONS_LINES: dict[str, Line] = {
    "true and false": decided(DECIDED),
    "yes and no": decided(np.where(DECIDED, "Yes", "no")),
    "-1 and 1": decided(np.where(DECIDED, 1, -1)),
    "+1 and -1 as text": decided(np.where(DECIDED, "+1", "-1"), "finding", "labels-whole", "plus sign"),
    "-1 only": decided(-1, "finding", "constant-prediction", "predicts '0' in all 200 rows", predicted=np.zeros(N, dtype=bool)),
    "1.0 and 0.0 against text": decided(DECIDED.astype(float), columns={"y_true": TRUE.astype(int).astype(str)}),
    "0 and 1 against -1 and 1": decided(DECIDED.astype(int), columns={"y_true": np.where(TRUE, 1, -1)}),
    "1 and 2 against 0 and 1": decided(DECIDED + 1, "ask", "pred_label", "holds '1' and '2' where 'y_true' holds '0' and '1'. Which one predicts '1'?", options=("1", "2", "as written"), choose={"pred_label": "2"}),
    "0 and 1 against 1 and 2": decided(DECIDED.astype(int), "ask", "pred_label", "Which one predicts '2'?", options=("0", "1", "as written"), choose={"pred_label": "1"}, columns={"y_true": TRUE + 1}, read={"pos_label": 2}),
    "0 and 1 against words": decided(DECIDED.astype(int), columns={"y_true": FRAUD}, read={"pos_label": "fraud"}),
    "another letter case": decided(np.where(DECIDED, "FRAUD", "honest"), "finding", "labels-case", "'FRAUD'", columns={"y_true": FRAUD}, read={"pos_label": "fraud"}),
    "a third label": decided(np.where(FEW, 2, DECIDED), "ask", "unknown_prediction", "in 3 of 200 rows: row 1 = '2'", options=("drop", "negative"), choose={"unknown_prediction": "drop"}, kept=~FEW),
    "a look-alike": decided(_mixed(np.where(DECIDED, "fraud", "honest"), CYRILLIC, FEW), "ask", "unknown_prediction", "One looks like a true label: character 3 is", options=("drop", "negative"), columns={"y_true": FRAUD}, read={"pos_label": "fraud"}, choose={"unknown_prediction": "drop"}, kept=~FEW),
    "missing": decided(np.where(FEW, np.nan, DECIDED), "finding", "prediction-missing", "is empty in 3 of 200 rows", kept=~FEW),
    "a word for nothing": decided(_mixed(np.where(DECIDED, "fraud", "honest"), "nan", FEW), "finding", "labels-no-value", "'nan' in 3 of 200 rows", columns={"y_true": FRAUD}, read={"pos_label": "fraud"}, kept=~FEW),
    "constant": decided(0, "finding", "constant-prediction", "Column 'y_pred' predicts '0' in all 200 rows.", predicted=np.zeros(N, dtype=bool)),
    "other words": decided(np.where(DECIDED, "left", "right"), "reject", says="holds none of the labels of 'y_true'"),
    "not the score": decided(DECIDED.astype(int), "finding", "prediction-disagrees", "is not what 'y_score' >= 0.5 would say", columns={"y_score": SCORE}, read={"y_score": "y_score"}),
}  # fmt: skip

WHOLE = 1 + AT % 3
WEIGHTS: dict[str, Line] = {
    "zero in some": weighted(AT % 2, weight=AT % 2),
    "zero in all": weighted(0, "reject", says="is 0 in every row"),
    "negative": weighted(np.where(FEW, -1, 2), "reject", says="negative in 3 of 200 rows: row 1 = -1"),
    "missing, left out": weighted(np.where(FEW, np.nan, WHOLE), "ask", "weight_missing", "is empty or infinite in 3 of 200 rows", options=("drop", "one"), choose={"weight_missing": "drop"}, kept=~FEW, weight=WHOLE),
    "missing, once": weighted(np.where(FEW, np.nan, WHOLE), "ask", "weight_missing", "3 of 200 rows", options=("drop", "one"), choose={"weight_missing": "one"}, weight=np.where(FEW, 1, WHOLE)),
    "infinite": weighted(np.where(FEW, np.inf, WHOLE), "ask", "weight_missing", "3 of 200 rows", options=("drop", "one"), choose={"weight_missing": "drop"}, kept=~FEW, weight=WHOLE),
    "missing in all": weighted(np.nan, "reject", says="has no number in any of its 200 rows"),
    "extreme": weighted(np.where(AT == 6, 995.0, 1.0), "finding", "weight-extreme", "Row 7 carries 83.3 % of the weight of all 200 rows (995 of 1194 in 'w'): they count like 1.4 rows.", weight=np.where(AT == 6, 995.0, 1.0)),
    "extreme frequency": weighted(np.where(AT == 6, 995, 1), read={"weight_kind": "frequency"}, weight=np.where(AT == 6, 995, 1)),
    "parts as frequency": weighted(np.where(FEW, 0.5, 1), "finding", "weight-not-whole", "no whole number in 3 of 200 rows: row 1 = 0.5", read={"weight_kind": "frequency"}, weight=np.where(FEW, 0.5, 1)),
    "words": weighted("heavy", "reject", says="holds text in 200 of 200 rows: row 1 = 'heavy'"),
    "text of numbers": weighted(_as_text(WHOLE, " {} "), weight=WHOLE),
    "some words": weighted(_mixed(_as_text(WHOLE), "?", FEW), "ask", "weight_missing", "empty, infinite or no number in 3 of 200 rows", options=("drop", "one"), choose={"weight_missing": "drop"}, kept=~FEW, weight=WHOLE),
    "huge": weighted(1e300, "reject", says="too large to be summed"),
    "tiny": weighted(1e-300, "reject", says="too small to be summed"),
    "booleans": weighted(AT % 2 == 0, "reject", says="does not hold numbers"),
}  # fmt: skip

GROUPS: dict[str, Line] = {
    "missing in some": grouped(_mixed(_as_text(AT // 4), None, FEW), "finding", "group-missing", "is empty in 3 of 200 rows (row 1, 2, 3); each of them is a group of its own"),
    "blank in some": grouped(_mixed(_as_text(AT // 4), " ", FEW), "finding", "group-missing", "is empty in 3 of 200 rows"),
    "one": grouped("all", "finding", "group-one", "All 200 rows belong to one group"),
    "each row": grouped(AT, "finding", "group-each-row", "Every one of the 200 rows is a group of its own"),
    "fifty": grouped(AT // 4),
}  # fmt: skip

P = CLASSES.p
OFF = {f"p_{k}": np.where(FEW, P[:, i] / 2, P[:, i]) for i, k in enumerate(KINDS)}
LOGITS = {f"p_{k}": np.log(P[:, i] + 1e-9) + 2 for i, k in enumerate(KINDS)}
CLASS_LINES: dict[str, Line] = {
    "as they stand": classes(),
    "another order of the columns": Line(data=MANY_FRAME[["p_fox", "y_pred", "p_cat", "y_true", "p_dog"]], read={"proba_prefix": "p_"}, truth=KINDS[CLASSES.truth], predicted=KINDS[P.argmax(1)]),
    "half precision": classes(columns={f"p_{k}": P[:, i].astype(np.float16) for i, k in enumerate(KINDS)}),
    "percent": classes("ask", "score_kind", "go from", columns={f"p_{k}": 100 * P[:, i] for i, k in enumerate(KINDS)}, options=("percent", "logit", "probability"), choose={"score_kind": "percent"}),
    "percent signs": classes(columns={f"p_{k}": _as_text(np.round(100 * P[:, i], 3), "{} %") for i, k in enumerate(KINDS)}),
    "logits": classes("ask", "score_kind", "so they are no probabilities", columns=LOGITS, options=("logit", "probability"), choose={"score_kind": "logit"}),
    "do not add up": classes("finding", "probability-sum", "do not add up to 1 in 3 of 200 rows: row 1 = 0.5", columns=OFF),
    "negative": classes("finding", "probability-outside", "3 of 200 rows", columns={"p_cat": np.where(FEW, -0.2, P[:, 0])}, kept=~FEW),
    "missing": classes("finding", "probability-missing", "3 of 200 rows lack a probability", columns={"p_cat": np.where(FEW, np.nan, P[:, 0])}, kept=~FEW),
    "words": classes("reject", says="holds text in 200 of 200 rows", columns={"p_cat": "high"}),
    "moments": classes("reject", says="does not hold numbers", columns={"p_cat": pd.Timestamp("2026-01-01")}),
    "a class lacks its column": classes("reject", says="There is no column of probabilities for the label 'fox'", without=["p_fox"]),
    "a class too many": classes(columns={"p_hen": 0.0}),
    "not the most probable": classes("finding", "prediction-disagrees", "In 3 of 200 rows (1.5 %)", columns={"y_pred": _mixed(KINDS[CLASSES.decided], KINDS[(CLASSES.decided + 1) % 3], FEW)}, predicted=_mixed(KINDS[CLASSES.decided], KINDS[(CLASSES.decided + 1) % 3], FEW)),
    "a label seen only in predictions": classes("finding", "unknown-prediction", "predicts 1 label that never occurs in 'y_true', in 3 of 200 rows: row 1 = 'hen'", columns={"y_pred": _mixed(KINDS[CLASSES.decided], "hen", FEW)}, without=["p_cat", "p_dog", "p_fox"], read={"proba_prefix": None}, predicted=_mixed(KINDS[CLASSES.decided], "hen", FEW)),
    "constant": classes("finding", "constant-prediction", "predicts 'cat' in all 200 rows", columns={"y_pred": "cat"}, without=["p_cat", "p_dog", "p_fox"], read={"proba_prefix": None}, predicted=np.full(N, "cat", dtype=object)),
    "a word that may be missing": classes("ask", "missing_label", "'NA' in 3 of 200 rows", columns={"y_true": _mixed(KINDS[CLASSES.truth], "NA", FEW)}, options=("missing", "label"), choose={"missing_label": "missing"}, kept=~FEW),
    "case": classes("ask", "label_case", "'Cat' (3 rows) and 'cat'", columns={"y_true": _mixed(KINDS[CLASSES.truth], "Cat", (CLASSES.truth == 0) & (np.cumsum(CLASSES.truth == 0) <= 3))}, options=("same", "apart"), choose={"label_case": "same"}),
    "twins": classes("finding", "labels-unicode", "they were written in the usual one", columns={"y_true": _mixed(_mixed(KINDS[CLASSES.truth], "cafe\u0301", CLASSES.truth == 0), "caf\u00e9", (CLASSES.truth == 0) & FEW), "y_pred": _mixed(KINDS[CLASSES.decided], "caf\u00e9", CLASSES.decided == 0)}, without=["p_cat", "p_dog", "p_fox"], read={"proba_prefix": None}),
}  # fmt: skip

CORPUS: dict[str, Line] = {
    f"{subject}: {name}": line
    for subject, lines in {
        "score": SCORES, "label": LABELS, "decision": DECISIONS_LINES, "weight": WEIGHTS, "group": GROUPS, "classes": CLASS_LINES,
    }.items()
    for name, line in lines.items()
}  # fmt: skip
