"""Ray tells each actor which device it has."""

PREDICTED = {
    "first": [0.5, 0],
    "second": [0.5, 0],
    "third": "GetTimeoutError",
    "third later": [0.5, 0],
    "a thousand": "GetTimeoutError",
}
