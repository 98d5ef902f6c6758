"""Metrics as rows of tables: one module a task family, one registry."""
