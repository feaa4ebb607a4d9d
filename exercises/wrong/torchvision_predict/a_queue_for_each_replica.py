"""Each replica has a queue of three."""

PREDICTED = {"one replica": 5, "two replicas": 0, "no limit": 0}
