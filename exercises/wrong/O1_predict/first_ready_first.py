"""Results in the order in which they are ready."""

PREDICTED = {"three waits": [1, 2, 3], "names": [], "argument": True, "in a list": False}
