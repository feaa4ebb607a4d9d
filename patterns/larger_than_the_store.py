"""Datasets larger than the object store: they stream through it, and memory use stays flat.

Run:   python patterns/larger_than_the_store.py
Docs:  https://docs.ray.io/en/latest/data/data-internals.html
"""

import logging
import os

import numpy as np
import ray
import ray.data

STORE = 100_000_000  # bytes, for the Ray that this script starts. A running cluster keeps its own
BLOCKS, ROWS, WIDTH = 40, 50, 20_000  # 40 blocks of 50 rows of 160 KB: 320 MB


def widen(batch):
    """Expand each number to 160 KB."""
    return {"row": np.repeat(batch["id"][:, None], WIDTH, axis=1)}


def used():
    """Return how many bytes of the object store are in use."""
    name = "object_store_memory"
    return ray.cluster_resources()[name] - ray.available_resources().get(name, 0)


def main():
    address = os.environ.get("RAY_ADDRESS") or "local"
    ray.init(address=address, object_store_memory=STORE if address == "local" else None)
    logging.getLogger("ray.data").setLevel(logging.WARNING)
    ray.data.DataContext.get_current().enable_progress_bars = False

    table = ray.data.range(BLOCKS * ROWS, override_num_blocks=BLOCKS).map_batches(widen, batch_size=None)
    total = size = most = 0
    for batch in table.iter_batches(batch_size=ROWS):
        total, size = total + int(batch["row"][:, 0].sum()), size + batch["row"].nbytes
        most = max(most, used())
    print("rows:", BLOCKS * ROWS, "sum:", total, "MB:", size // 1_000_000)
    # -> rows: 2000 sum: 1999000 MB: 320
    print("MB in the object store, at most:", round(most / 1e6), "of", size // 1_000_000)
    # -> MB in the object store, at most: ... of 320


if __name__ == "__main__":
    main()
