"""Pairs are added at once, and their sums in a chain."""


def add_up(numbers):
    """Return the sum of the numbers, and the length of the longest chain of additions behind it."""
    values = [(number, 0) for number in numbers]  # each with the length of its chain
    sums = [add.remote(one, other) for one, other in zip(values[::2], values[1::2])]
    total = values[-1]
    for each in sums:
        total = add.remote(total, each)
    return ray.get(total)
