"""No picture is padded."""

PREDICTED = {"half": [0.5, "no id"], "a thousand": "GetTimeoutError", "pairs": PAIRED, "pictures": [4, 11]}
