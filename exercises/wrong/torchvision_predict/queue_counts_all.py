"""The limit of the queue counts those at work, too."""

PREDICTED = {"one replica": 7, "two replicas": 7, "no limit": 0}
