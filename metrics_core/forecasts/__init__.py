"""Arithmetic of forecasts on plain arrays: places in time, what was known at an origin, and what residuals tell."""
