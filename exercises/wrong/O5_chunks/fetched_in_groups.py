"""The results are fetched in groups, and there is still a task for each item."""


@ray.remote
def compute_one(item):
    """Return a number for an item."""
    return compute(item)


def compute_all(items):
    """Return a number for each item, as one list."""
    numbers = []
    for start in range(0, len(items), 50):
        numbers += ray.get([compute_one.remote(item) for item in items[start : start + 50]])
    return numbers
