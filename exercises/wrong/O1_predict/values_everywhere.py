"""A task never sees a reference."""

PREDICTED = {"three waits": [3, 2, 1], "names": [], "argument": True, "in a list": True}
