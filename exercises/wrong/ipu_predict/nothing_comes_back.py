"""The third gets nothing, even after the first is gone."""

PREDICTED = {
    "first": HALF,
    "second": HALF,
    "third": "GetTimeoutError",
    "third later": "GetTimeoutError",
    "a thousand": "GetTimeoutError",
}
