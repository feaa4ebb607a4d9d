"""A task whose argument never came waits for it."""

PREDICTED = {
    "returned": "FINISHED",
    "raised": "FAILED",
    "depends on raised": "PENDING_ARGS_AVAIL",
    "sleeps": "RUNNING",
    "too large": "PENDING_NODE_ASSIGNMENT",
}
