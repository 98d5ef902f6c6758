"""What can be remembered of a data set, and what hangs on what."""

from __future__ import annotations

OF_MODELS = ("y_score", "y_pred", "proba_prefix", "y_std")
#: Predicted intervals and quantiles: a level to its columns, or a model to such a table.
OF_LEVELS = ("interval", "quantile")
COLUMNS = ("y_true", "model_column", "id", "weight", "group", "split", "fold", "time", "amount", "horizon", "origin")  # fmt: skip
#: ``train`` is a file, ``train_value`` a column of that file.
WORDS = ("task", "score_kind", "weight_kind", "pos_label", "season", "train", "train_value")
LISTS = ("slices", "text", "image", "link", "series")
KEYS = (*COLUMNS, *WORDS, *OF_MODELS, *OF_LEVELS, *LISTS, "proba", "choose")
#: Roles and answers that say something about the labels, and about the models.
_ABOUT_LABELS = (
    *("pos_label", "task", "missing_label", "label_case", "third_label"),
    *("pred_label", "unknown_prediction"),
)
_ABOUT_MODELS = (
    *(*OF_MODELS, *OF_LEVELS, "proba", "model_column", "score_kind", "score_kind:"),
    *("pred_label", "unknown_prediction"),
)
_OF_FORECASTS = ("series", "horizon", "origin", "season", "train", "train_value")
#: What is not taken over when a role is another one than remembered; ``score_kind:`` stands for that of every model.
HANGS_ON = {
    "y_true": _ABOUT_LABELS,
    "task": ("pos_label", *_ABOUT_MODELS, *_OF_FORECASTS),
    "train": ("train_value",),
    "pos_label": ("pred_label",),
    "score_kind": ("score_kind:",),
    "weight": ("weight_kind", "weight_missing"),
    **dict.fromkeys((*OF_MODELS, "proba", "model_column"), _ABOUT_MODELS),
}
