"""A replica whose method fails is replaced."""

PREDICTED = {"three calls": [1, 2, 3], "the other": 1, "after an error": 1, "ones of twenty": 2}
