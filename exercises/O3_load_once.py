"""Load a model once per actor, not once per batch.

Task:  classify() loads the model for each of sixteen batches. Change the file so that a pool of two actors processes
       the batches, and each actor loads the model once.
Check: make exercises ONLY=O3_load_once
Look:  O3_data.py, NearestCentroid
Time:  10 minutes
"""

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


def classify(batch):
    """Add the prediction for each row, and the number of the model that predicted it."""
    model = Model()  # TODO: this loads a model for every batch.
    return {**batch, "odd": model.predict(batch["id"]), "model": np.full(len(batch["id"]), model.number)}


def classify_all(numbers):
    """Return the numbers with two more columns, "odd" and "model"."""
    return numbers.map_batches(classify, batch_size=50)


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(classify_all(ray.data.range(800, override_num_blocks=4)).take(3))
