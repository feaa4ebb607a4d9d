"""The function is called here, in this process."""


def total(blocks):
    """Return the sum of all numbers in all blocks."""
    return sum(add_up._function(block) for block in blocks)
