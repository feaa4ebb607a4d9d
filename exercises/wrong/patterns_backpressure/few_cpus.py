"""Few photos load at the same time, and all that are loaded pile up."""


def examine_all(numbers, examine, limit):
    """Return the sum of examine(photo) over the photos with these numbers."""
    loading = [load.options(num_cpus=4 / limit).remote(number) for number in numbers]
    return sum(examine(ray.get(photo)) for photo in loading)
