"""Ray refuses what it does not have, and names what it gives."""

PREDICTED = {"half": [0.5, 0], "a thousand": "ValueError", "pairs": PAIRED, "pictures": [4, 16]}
