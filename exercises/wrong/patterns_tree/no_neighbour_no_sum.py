"""zip() leaves out a value that has no neighbour."""


def add_up(numbers):
    """Return the sum of the numbers, and the length of the longest chain of additions behind it."""
    values = [(number, 0) for number in numbers]  # each with the length of its chain
    while len(values) > 1:
        values = [add.remote(one, other) for one, other in zip(values[::2], values[1::2])]
    return ray.get(values[0])
