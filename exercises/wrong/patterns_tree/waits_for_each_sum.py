"""A tree, in which each addition is waited for."""


def add_up(numbers):
    """Return the sum of the numbers, and the length of the longest chain of additions behind it."""
    values = [(number, 0) for number in numbers]  # each with the length of its chain
    while len(values) > 1:
        sums = [ray.get(add.remote(one, other)) for one, other in zip(values[::2], values[1::2])]
        values = sums + values[2 * len(sums) :]
    return values[0]
