"""One task for all blocks is no longer split."""


def total(blocks):
    """Return the sum of all numbers in all blocks."""
    return ray.get(add_up.remote([number for block in blocks for number in block]))
