"""A task always gets what was passed."""

PREDICTED = {"three waits": [3, 2, 1], "names": [], "argument": False, "in a list": False}
