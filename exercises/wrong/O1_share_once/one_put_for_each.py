"""The table is put once for each call."""


def histogram(table):
    """Return how often each of the values 0 to 7 occurs in the table, as a list."""
    return ray.get([count_value.remote(ray.put(table), value) for value in range(8)])
