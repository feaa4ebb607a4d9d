"""What would happen if tasks were threads."""

PREDICTED = {"three waits": [3, 2, 1], "names": ["Ada"], "argument": True, "in a list": False}
