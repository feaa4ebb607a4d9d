"""Twenty groups of twenty leave thirteen items out."""


def compute_all(items):
    """Return a number for each item, as one list."""
    size = len(items) // 20
    groups = [items[size * group : size * (group + 1)] for group in range(20)]
    computed = ray.get([compute_group.remote(group) for group in groups])
    return [number for numbers in computed for number in numbers]
