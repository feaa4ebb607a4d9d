"""Datasets: Ray Data splits a table into blocks and streams them through tasks and actors.

Run:   python O3_data.py
Next:  O4_serve.py
Docs:  https://docs.ray.io/en/latest/data/data.html
Time:  10 minutes
"""

import logging
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import ray
import ray.data

IRIS = Path(__file__).parent / "data" / "iris.csv"  # 150 flowers. data/README.md says where they come from
FEATURES = ["sepal_length", "sepal_width", "petal_length", "petal_width"]  # in cm


def short_sepal_long_petal(batch):
    """Keep the rows with a sepal under 5.5 cm and a petal over 3.5 cm. A batch is a dict of NumPy arrays."""
    keep = (batch["sepal_length"] < 5.5) & (batch["petal_length"] > 3.5)
    return {name: values[keep] for name, values in batch.items()}


def make_rows(batch):
    """Add a column with the time at which the rows were made."""
    time.sleep(0.05)  # stands in for work
    return {**batch, "made": np.full(len(batch["id"]), time.time())}


class NearestCentroid:
    """Predicts the species whose mean flower is nearest."""

    def __init__(self, mean_flowers):
        # Runs once per actor, however many batches follow. A large model is loaded here.
        self.species = np.array(list(mean_flowers))
        self.centroids = np.array(list(mean_flowers.values()))

    def __call__(self, batch):
        """Add the predicted species and the process that predicted it."""
        flowers = np.stack([batch[name] for name in FEATURES], axis=1)
        distances = np.linalg.norm(flowers[:, None] - self.centroids, axis=2)
        predicted = self.species[distances.argmin(axis=1)]
        return {**batch, "predicted": predicted, "pid": np.full(len(flowers), os.getpid())}


def main():
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    logging.getLogger("ray.data").setLevel(logging.WARNING)  # hides the plan that Ray Data logs for each step
    ray.data.DataContext.get_current().enable_progress_bars = False

    # materialize() reads the table now and keeps its blocks, here three, in the object store.
    iris = ray.data.read_csv(str(IRIS), override_num_blocks=3).materialize()
    print("rows:", iris.count(), "blocks:", iris.num_blocks())
    # -> rows: 150 blocks: 3

    # map_batches() runs your function batch by batch, in parallel on different blocks.
    kept = iris.map_batches(short_sepal_long_petal)
    print("kept:", kept.count(), "of", iris.count())
    # -> kept: 3 of 150

    # Each block becomes a Parquet file, which other tools, here pandas, can read. A second write to the same folder
    # adds files. mode="overwrite" replaces them.
    with tempfile.TemporaryDirectory() as folder:
        iris.write_parquet(folder)
        print("files:", len(os.listdir(folder)), "rows that pandas reads:", len(pd.read_parquet(folder)))
    # -> files: 3 rows that pandas reads: 150

    # Without materialize() a dataset is only a plan. Each reading runs it anew, and the first blocks arrive before the
    # last ones are made. So a table may be larger than memory, as long as no step needs all of it at once.
    # By default the blocks arrive in any order.
    plan = ray.data.range(20, override_num_blocks=20).map_batches(make_rows, compute=ray.data.TaskPoolStrategy(size=1))
    made, arrived = [], []
    for batch in plan.iter_batches(batch_size=None):
        made.append(batch["made"][0])
        arrived.append(time.time())
    print("blocks made when the first arrived:", sum(moment < arrived[0] for moment in made), "of", len(made))
    # -> blocks made when the first arrived: ... of 20

    # groupby() brings together the rows of each species from all blocks. take_all() fetches the result as Python
    # objects, so use it for small results only.
    means = iris.groupby("species", num_partitions=1).mean(FEATURES).take_all()
    mean_flowers = {row["species"]: [row[f"mean({name})"] for name in FEATURES] for row in means}
    print("mean petal length:", sorted((species, round(mean[2], 2)) for species, mean in mean_flowers.items()))
    # -> mean petal length: [('setosa', 1.46), ('versicolor', 4.26), ('virginica', 5.55)]

    # A class runs in a pool of actors, here of one, and loads its model once instead of once per batch. Each actor
    # reserves a CPU, or num_cpus. Never let the pool reserve all CPUs: the steps before it could get none, and both
    # would wait forever.
    scored = iris.map_batches(
        NearestCentroid,
        fn_constructor_args=[mean_flowers],
        batch_size=10,
        num_cpus=0.25,
        compute=ray.data.ActorPoolStrategy(size=1),
    ).take_all()
    print("right:", sum(row["species"] == row["predicted"] for row in scored), "of", len(scored))
    # -> right: 139 of 150
    print("models loaded:", len({row["pid"] for row in scored}))
    # -> models loaded: 1


if __name__ == "__main__":
    main()
