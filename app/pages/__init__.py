"""One page a file, run by the navigation in main."""
