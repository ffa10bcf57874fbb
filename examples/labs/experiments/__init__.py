"""One file for each experiment; a reader of the report finds it by its number."""
