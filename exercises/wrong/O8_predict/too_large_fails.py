"""A task that no node has room for fails."""

PREDICTED = {
    "returned": "FINISHED",
    "raised": "FAILED",
    "depends on raised": "FAILED",
    "sleeps": "RUNNING",
    "too large": "FAILED",
}
