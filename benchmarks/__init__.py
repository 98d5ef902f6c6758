"""Ratios against the libraries people call today, measured in one run on one machine."""
