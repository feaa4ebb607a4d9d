"""A batch waits until there are more."""

PREDICTED = {
    "one by one": ["a2", "b2"],
    "one is empty": ["error", "error", "error", "error"],
    "four at once": ["a4", "b4", "c4", "d4"],
    "two at a time": ["a2", "b2", "c2", "d2"],
}
