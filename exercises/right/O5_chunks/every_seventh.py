"""Every seventh item is in the same group, and its result goes back to its place."""


def compute_all(items):
    """Return a number for each item, as one list."""
    numbers = [None] * len(items)
    computed = ray.get([compute_group.remote(items[first::7]) for first in range(7)])
    for first, group in enumerate(computed):
        numbers[first::7] = group
    return numbers
