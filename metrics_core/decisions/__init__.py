"""Choosing a threshold: objectives, constraints, how sure the choice is, and the record that hands it over."""
