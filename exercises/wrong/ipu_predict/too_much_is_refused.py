"""Ray refuses what no node has."""

HALF = [0.5, "no id"]
PREDICTED = {
    "first": HALF,
    "second": HALF,
    "third": "GetTimeoutError",
    "third later": HALF,
    "a thousand": "ValueError",
}
