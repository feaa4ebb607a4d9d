"""The third gets nothing, even after the first is gone."""

HALF = [0.5, "no id"]
PREDICTED = {
    "first": HALF,
    "second": HALF,
    "third": "GetTimeoutError",
    "third later": "GetTimeoutError",
    "a thousand": "GetTimeoutError",
}
