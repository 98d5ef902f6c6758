"""Other people's forecast metrics, imported with the warnings of their own source kept out."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    # Escapes in docstrings, which Python reports when it compiles a module for the first time.
    warnings.simplefilter("ignore", DeprecationWarning)
    warnings.simplefilter("ignore", SyntaxWarning)
    from dtaidistance import dtw as oracle_dtw
    from utilsforecast import losses as oracle_losses

__all__ = ["oracle_dtw", "oracle_losses"]
