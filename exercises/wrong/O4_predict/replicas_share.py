"""Replicas of a deployment share what they remember."""

PREDICTED = {"three calls": [1, 2, 3], "the other": 1, "after an error": 5, "ones of twenty": 1}
