"""Two blocks at a time are slower than all, but at once."""


def total(blocks):
    """Return the sum of all numbers in all blocks."""
    result = 0
    for first, second in zip(blocks[::2], blocks[1::2]):
        result += sum(ray.get([add_up.remote(first), add_up.remote(second)]))
    return result
