"""A task that raises an error has finished."""

PREDICTED = {
    "returned": "FINISHED",
    "raised": "FINISHED",
    "depends on raised": "FAILED",
    "sleeps": "RUNNING",
    "too large": "PENDING_NODE_ASSIGNMENT",
}
