"""Ray repeats a task that raises an error, too."""

PREDICTED = {"killed once": 2, "error": 4, "error, two retries": 3, "killed, no retries": [1, "WorkerCrashedError"]}
