"""Programs to run and to read: `python -m examples --help` says which there are."""
