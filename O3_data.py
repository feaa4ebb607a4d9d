"""Datasets: Ray Data cuts a table into blocks and streams them through tasks and actors.

Run:   python O3_data.py
Next:  O4_serve.py
Docs:  https://docs.ray.io/en/latest/data/data.html
Time:  12 minutes
"""

import logging
import os
import socket
import sys
import tempfile
import time
import uuid
from pathlib import Path

import numpy as np
import pandas as pd
import ray
import ray.data
from ray.data.expressions import col

IRIS = Path(__file__).parent / "data" / "iris.csv"  # 150 flowers, where they come from: data/README.md
FEATURES = ["sepal_length", "sepal_width", "petal_length", "petal_width"]  # in cm


def short_sepal_long_petal(batch):
    """Keep the rows with a sepal under 5.5 cm and a petal over 3.5 cm. A batch is a dict of NumPy arrays."""
    keep = (batch["sepal_length"] < 5.5) & (batch["petal_length"] > 3.5)
    return {name: values[keep] for name, values in batch.items()}


class NearestCentroid:
    """Names a flower after the species whose mean flower is nearest."""

    def __init__(self, mean_flowers):
        # Runs once in each actor, however many batches follow. A large model is loaded here.
        self.species = np.array(list(mean_flowers))
        self.centroids = np.array(list(mean_flowers.values()))
        self.id, self.batches = uuid.uuid4().hex, 0

    def __call__(self, batch):
        """Return the batch with the predicted species, the id of this model and how many batches it has had."""
        self.batches += 1
        flowers = np.stack([batch[name] for name in FEATURES], axis=1)
        distances = np.linalg.norm(flowers[:, None] - self.centroids, axis=2)
        size, predicted = len(flowers), self.species[distances.argmin(axis=1)]
        return {**batch, "predicted": predicted, "model": np.full(size, self.id), "nth": np.full(size, self.batches)}


def stamp(batch):
    """Return the batch with the time at which it was made."""
    time.sleep(0.02)  # stands for work
    return {**batch, "made": np.full(len(batch["id"]), time.time())}


def main():
    """Run the lesson."""
    # Starts Ray on this machine, or joins the cluster that RAY_ADDRESS names as host:port.
    address = os.environ.get("RAY_ADDRESS") or "local"
    if address != "local":
        try:
            socket.create_connection(address.rsplit(":", 1), timeout=5).close()
        except (OSError, ValueError):
            sys.exit(f"No Ray cluster answers at RAY_ADDRESS={address}. Start it, or unset the variable.")
    ray.init(address=address)

    # Ray Data reports the plan and the progress of every step. Here the warnings are enough.
    logging.getLogger("ray.data").setLevel(logging.WARNING)
    ray.data.DataContext.get_current().enable_progress_bars = False

    # A dataset is a table in blocks, here three. materialize() reads them now and keeps them in the object
    # store: right for a table that fits.
    iris = ray.data.read_csv(str(IRIS), override_num_blocks=3).materialize()
    schema = iris.schema()
    print(iris.count(), "rows:", ", ".join(f"{name} {kind}" for name, kind in zip(schema.names, schema.types)))
    # -> 150 rows: sepal_length double, sepal_width double, petal_length double, petal_width double, species string

    # map_batches() calls a function of yours with one batch after the other. Ray Data can
    # look into an expression, not into a function: it sees which columns are used, and for what.
    print("kept by the function:", iris.map_batches(short_sepal_long_petal).count())
    # -> kept by the function: 3
    short_sepal, long_petal = col("sepal_length") < 5.5, col("petal_length") > 3.5
    print("kept by the expression:", iris.filter(expr=short_sepal & long_petal).count())
    # -> kept by the expression: 3

    # An expression makes a new column as well.
    with_area = iris.with_column("petal_area", col("petal_length") * col("petal_width"))
    print("petal area of the first flower:", round(with_area.take(1)[0]["petal_area"], 2))
    # -> petal area of the first flower: 0.28

    # For a training loop the rows come out in batches of NumPy arrays, whatever the size of the blocks.
    print("batches of 64:", [batch["petal_area"].shape for batch in with_area.iter_batches(batch_size=64)])
    # -> batches of 64: [(64,), (64,), (22,)]

    # Each block is written to a Parquet file of its own, which any other tool reads, here pandas. Writing
    # into a folder that has files already adds to them: mode="overwrite" replaces them.
    with tempfile.TemporaryDirectory() as folder:
        with_area.write_parquet(folder)
        files, written = len(os.listdir(folder)), pd.read_parquet(folder)
    same = sorted(written.values.tolist()) == sorted(with_area.to_pandas().values.tolist())
    print(files, "files, same rows:", same)
    # -> 3 files, same rows: True

    # A dataset that is not materialized is a plan. It runs when something asks for rows, and blocks arrive
    # while later ones are still to be made: so a table may be larger than the memory.
    plan = ray.data.range(20, override_num_blocks=20).map_batches(stamp, compute=ray.data.TaskPoolStrategy(size=1))
    asked = time.time()
    arrivals = [(time.time(), batch["made"][0]) for batch in plan.iter_batches(batch_size=None)]
    print("blocks made before anyone asked:", sum(made < asked for _, made in arrivals), "of", len(arrivals))
    # -> blocks made before anyone asked: 0 of 20
    print("the first arrived before the last was made:", arrivals[0][0] < arrivals[-1][1])
    # -> the first arrived before the last was made: True

    # groupby() brings the rows of each species together, from whatever block they are in. The result is small:
    # one partition, that is one block, holds it.
    means = iris.groupby("species", num_partitions=1).mean(FEATURES).take_all()
    mean_flowers = {row["species"]: [row[f"mean({name})"] for name in FEATURES] for row in means}
    print("mean petal length:", sorted((species, round(mean[2], 2)) for species, mean in mean_flowers.items()))
    # -> mean petal length: [('setosa', 1.46), ('versicolor', 4.26), ('virginica', 5.55)]

    # A class runs in a pool of actors, here of one, so that its model is loaded once per actor and not once per
    # batch. It reserves a quarter of a CPU: a pool that reserves every CPU leaves none for the steps before it,
    # and where one of those has still to run, both wait for ever.
    scored = iris.map_batches(
        NearestCentroid,
        fn_constructor_args=[mean_flowers],
        batch_size=10,
        num_cpus=0.25,
        compute=ray.data.ActorPoolStrategy(size=1),
    ).take_all()
    print("right:", sum(row["species"] == row["predicted"] for row in scored), "of", len(scored))
    # -> right: 139 of 150
    print(max(row["nth"] for row in scored), "batches, models loaded:", len({row["model"] for row in scored}))
    # -> 15 batches, models loaded: 1


if __name__ == "__main__":
    main()
