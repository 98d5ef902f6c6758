"""Regression: the metrics of predicted numbers, and no others."""

from __future__ import annotations

from .numbers import metrics_of_numbers

METRICS = metrics_of_numbers("regression")
