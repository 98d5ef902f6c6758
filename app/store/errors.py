"""What can go wrong with a store, in sentences for the page."""

from __future__ import annotations

from metrics_core.errors import DataError


class StoreError(DataError):
    """The store cannot be opened, read or written; its text says why and what to do."""
