"""A call that fails is undone."""

PREDICTED = {"two accounts": [5, 5], "one account": [6, 7, 8], "after an error": 8, "length": 6}
