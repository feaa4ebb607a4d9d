"""Only the text that is wrong fails."""

PREDICTED = {
    "one by one": ["a1", "b1"],
    "one is empty": ["a4", "error", "c4", "d4"],
    "four at once": ["a4", "b4", "c4", "d4"],
    "two at a time": ["a2", "b2", "c2", "d2"],
}
