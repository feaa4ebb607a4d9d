"""As many photos as the limit allows, then as many again."""


def examine_all(numbers, examine, limit):
    """Return the sum of examine(photo) over the photos with these numbers."""
    total = 0
    for start in range(0, len(numbers), limit):
        loading = [load.remote(number) for number in numbers[start : start + limit]]
        total += sum(examine(ray.get(photo)) for photo in loading)
    return total
