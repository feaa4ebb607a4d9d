"""It waits for all sums of a level before it starts the next one."""


def add_up(numbers):
    """Return the sum of the numbers, and the length of the longest chain of additions behind it."""
    values = [(number, 0) for number in numbers]  # each with the length of its chain
    while len(values) > 1:
        rest = values[len(values) // 2 * 2 :]
        values = ray.get([add.remote(one, other) for one, other in zip(values[::2], values[1::2])]) + rest
    return values[0]
