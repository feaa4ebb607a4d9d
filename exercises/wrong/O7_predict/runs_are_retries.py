"""max_retries is the number of runs."""

PREDICTED = {"killed once": 2, "error": 1, "error, two retries": 2, "killed, no retries": [0, "WorkerCrashedError"]}
