"""With five zeros each number has a neighbour, and there are more additions."""


def add_up(numbers):
    """Return the sum of the numbers, and the length of the longest chain of additions behind it."""
    values = [(number, 0) for number in numbers]  # each with the length of its chain
    values += [(0, 0)] * (16 - len(values))
    while len(values) > 1:
        values = [add.remote(one, other) for one, other in zip(values[::2], values[1::2])]
    return ray.get(values[0])
