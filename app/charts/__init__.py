"""One figure a file: numbers in, a plotly figure out."""
