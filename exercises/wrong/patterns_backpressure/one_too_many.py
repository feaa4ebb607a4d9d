"""It waits when the limit is exceeded, not when it is reached."""


def examine_all(numbers, examine, limit):
    """Return the sum of examine(photo) over the photos with these numbers."""
    loading, total = [], 0
    for number in numbers:
        if len(loading) > limit:
            [loaded], loading = ray.wait(loading, num_returns=1)
            total += examine(ray.get(loaded))
        loading.append(load.remote(number))
    return total + sum(examine(ray.get(photo)) for photo in loading)
