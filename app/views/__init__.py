"""Blocks that several pages share."""
