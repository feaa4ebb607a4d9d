"""The class loads the model whenever it is called."""

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

    def __call__(self, batch):
        """Return the batch with both columns."""
        model = Model()
        predicted = model.predict(batch["id"])
        return {**batch, "odd": predicted, "model": np.full(len(predicted), model.number)}


def classify_all(numbers):
    """Return the numbers with two more columns, "odd" and "model"."""
    pool = ray.data.ActorPoolStrategy(size=2)
    return numbers.map_batches(Classifier, batch_size=50, num_cpus=0.25, compute=pool)


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(classify_all(ray.data.range(800, override_num_blocks=4)).take(3))
