"""The tasks get the reference in a list, and fetch the table themselves."""


@ray.remote
def count_value(table, value):
    """Return how often the value occurs in the table."""
    time.sleep(1)  # stands in for work
    [table] = ray.get(table)
    return int(np.count_nonzero(table == value))


def histogram(table):
    """Return how often each of the values 0 to 7 occurs in the table, as a list."""
    stored = [ray.put(table)]
    return ray.get([count_value.remote(stored, value) for value in range(8)])
