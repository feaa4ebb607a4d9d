"""The same two models behind several servers, one file per server: `python -m compare.serving.NAME`."""
