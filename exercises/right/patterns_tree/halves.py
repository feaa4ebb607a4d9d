"""One half and the other, each of which consists of halves."""


def halve(values):
    """Return the sum of the values, or a reference to it."""
    if len(values) == 1:
        return values[0]
    middle = len(values) // 2
    return add.remote(halve(values[:middle]), halve(values[middle:]))


def add_up(numbers):
    """Return the sum of the numbers, and the length of the longest chain of additions behind it."""
    values = [(number, 0) for number in numbers]  # each with the length of its chain
    return ray.get(halve(values))
