"""An application is an object, wherever it runs."""

PREDICTED = {"three calls": [1, 2, 3], "the other": 4, "after an error": 6, "ones of twenty": 2}
