"""Any file an analyst really has as Arrow columns: what it is, how it is packed, encoded and written, and its rows."""
