"""Without a limit nobody may wait."""

PREDICTED = {"one replica": 5, "two replicas": 3, "no limit": 8}
