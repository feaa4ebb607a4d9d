"""A task that is killed ends like an actor."""

PREDICTED = {"killed once": 1, "error": 1, "error, two retries": 3, "killed, no retries": [1, "ActorDiedError"]}
