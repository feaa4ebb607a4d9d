"""All four share a batch, whatever the replica takes."""

PREDICTED = {
    "one by one": ["a1", "b1"],
    "one is empty": ["error", "error", "error", "error"],
    "four at once": ["a4", "b4", "c4", "d4"],
    "two at a time": ["a4", "b4", "c4", "d4"],
}
