"""Ray refuses what no node has."""

PREDICTED = {
    "first": HALF,
    "second": HALF,
    "third": "GetTimeoutError",
    "third later": HALF,
    "a thousand": "ValueError",
}
