"""ray.wait() takes the sums in the order in which they are ready."""


def total(blocks):
    """Return the sum of all numbers in all blocks."""
    result, waiting = 0, [add_up.remote(block) for block in blocks]
    while waiting:
        [first], waiting = ray.wait(waiting)
        result += ray.get(first)
    return result
