"""All actors of a class share their state."""

PREDICTED = {"two accounts": [5, 10], "one account": [6, 7, 8], "after an error": 208, "length": 6}
