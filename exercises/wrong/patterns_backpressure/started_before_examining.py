"""A loaded photo is no longer loading, but it has not been examined yet."""


def examine_all(numbers, examine, limit):
    """Return the sum of examine(photo) over the photos with these numbers."""
    waiting = list(numbers)
    loading = [load.remote(waiting.pop()) for _ in range(limit)]
    total = 0
    while loading:
        [loaded], loading = ray.wait(loading, num_returns=1)
        if waiting:
            loading.append(load.remote(waiting.pop()))
        total += examine(ray.get(loaded))
    return total
