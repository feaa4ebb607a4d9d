"""Each part of the data gets actors of its own."""

import os
import random
import time

import numpy as np
import ray
import ray.data


class Model:
    """Tells odd numbers from even ones. Loading it takes a while."""

    def __init__(self):
        time.sleep(0.3)  # stands in for reading a large file
        self.number = random.getrandbits(60)  # the check counts the models by this number

    def predict(self, numbers):
        """Return 1 for odd numbers, 0 for even ones."""
        return numbers % 2


class Classifier:
    """Adds the prediction for each row, and the number of the model that predicted it."""

    def __init__(self):
        self.model = Model()

    def __call__(self, batch):
        """Return the batch with both columns."""
        predicted = self.model.predict(batch["id"])
        return {**batch, "odd": predicted, "model": np.full(len(predicted), self.model.number)}


def classify_all(numbers):
    """Return the numbers with two more columns, "odd" and "model"."""
    pool = ray.data.ActorPoolStrategy(size=1)
    options = {"batch_size": 50, "num_cpus": 0.25, "compute": pool}
    first, *others = [part.map_batches(Classifier, **options) for part in numbers.split(4)]
    return first.union(*others)


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(classify_all(ray.data.range(800, override_num_blocks=4)).take(3))
