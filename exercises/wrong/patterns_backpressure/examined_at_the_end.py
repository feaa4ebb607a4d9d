"""Few photos are loading, and all that are loaded pile up."""


def examine_all(numbers, examine, limit):
    """Return the sum of examine(photo) over the photos with these numbers."""
    loading, loaded = [], []
    for number in numbers:
        if len(loading) == limit:
            ready, loading = ray.wait(loading, num_returns=1)
            loaded += ready
        loading.append(load.remote(number))
    return sum(examine(ray.get(photo)) for photo in loaded + loading)
