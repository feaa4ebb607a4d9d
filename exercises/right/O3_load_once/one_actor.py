"""One actor also loads it once."""


def classify_all(numbers):
    """Return the numbers with two more columns, "odd" and "model"."""
    pool = ray.data.ActorPoolStrategy(size=1)
    return numbers.map_batches(Classifier, batch_size=50, num_cpus=0.25, compute=pool)
