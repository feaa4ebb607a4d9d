"""Every ninth item is in the same group, and so the results are in another order."""


def compute_all(items):
    """Return a number for each item, as one list."""
    computed = ray.get([compute_group.remote(items[first::9]) for first in range(9)])
    return [number for numbers in computed for number in numbers]
