"""How much did each taxi zone take in per day?

Reads the trips, keeps those paid by card, adds fare and tip, groups by zone and day, joins the zone names, and writes.
Amounts are multiples of 1/4 and distances of 1/8, so that sums are exact, and equal in any order.
"""

import hashlib
import os
import shutil
from pathlib import Path
from typing import NamedTuple

import numpy as np

from compare.tables.start import DATA, WORKERS

CASES = {"1M rows": 1_000_000, "4M rows": 4_000_000, "16M rows": 16_000_000}
QUICK = {"0.1M rows": 100_000}
MEMORY = True
ZONES = 250
DAYS = 365


class Paths(NamedTuple):
    """The folders of Parquet files that a pipeline reads and writes."""

    trips: str
    zones: str
    takings: str

    @classmethod
    def of(cls, rows):
        """Return the paths for this many trips."""
        return cls(*(str(Path(DATA, f"taxi-{rows}", name)) for name in cls._fields))


def prepare(rows):
    """Write this many trips if they are missing, empty the takings folder, and return the paths."""
    from pyarrow import parquet, table

    paths = Paths.of(rows)
    complete = Path(paths.trips).with_name("complete")
    if not complete.exists():
        for path in paths:
            Path(path).mkdir(parents=True, exist_ok=True)
        names = {"zone": np.arange(ZONES), "name": [f"zone {number}" for number in range(ZONES)]}
        parquet.write_table(table(names), f"{paths.zones}/zones.parquet")
        for number in range(files(rows)):
            parquet.write_table(table(trips(rows // files(rows), number)), f"{paths.trips}/{number:03}.parquet")
        complete.touch()
    shutil.rmtree(paths.takings)
    Path(paths.takings).mkdir()
    return paths


def files(rows):
    """Return the number of files for this many trips: at least sixteen, with at most 500,000 trips each."""
    return max(16, rows // 500_000)


def trips(rows, seed):
    """Return columns of random trips."""
    random = np.random.default_rng(seed)
    start = np.datetime64("2025-01-01", "us")
    return {
        "pickup": start + random.integers(DAYS * 24 * 3600 * 1_000_000, size=rows),
        "zone": random.integers(ZONES, size=rows),
        "to_zone": random.integers(ZONES, size=rows),
        "passengers": random.integers(1, 5, size=rows, dtype=np.int8),
        "distance": random.integers(4, 160, size=rows) / 8,
        "fare": random.integers(20, 400, size=rows) / 4,
        "tip": random.integers(0, 40, size=rows) / 4,
        "payment": np.array(["card", "cash"])[random.integers(2, size=rows)],
    }


def summary(_, paths):
    """Read the output and return totals and a checksum, which do not depend on row order or type widths."""
    from pyarrow import dataset

    frame = dataset.dataset(paths.takings, format="parquet").to_table().to_pandas()
    frame = frame[["zone", "day", "name", "trips", "paid", "distance"]].sort_values(["zone", "day"])
    frame["day"] = frame["day"].astype("datetime64[s]").dt.strftime("%Y-%m-%d")
    text = frame.astype({"zone": int, "trips": int}).round(6).to_csv(index=False)
    totals = {name: float(frame[name].sum()) for name in ("trips", "paid")}
    return {"rows": len(frame), **totals, "checksum": hashlib.sha256(text.encode()).hexdigest()[:16]}


def with_frames(pd, paths):
    # Read only the columns that are needed: https://pandas.pydata.org/docs/user_guide/scale.html
    columns = ["pickup", "zone", "distance", "fare", "tip"]
    frame = pd.read_parquet(paths.trips, columns=columns, filters=[("payment", "==", "card")])
    frame["day"] = frame["pickup"].dt.floor("D")
    frame["paid"] = frame["fare"] + frame["tip"]
    groups = frame.groupby(["zone", "day"], as_index=False, sort=False)
    takings = groups.agg(trips=("paid", "size"), paid=("paid", "sum"), distance=("distance", "mean"))
    zones = pd.read_parquet(paths.zones)
    takings.merge(zones, on="zone").to_parquet(f"{paths.takings}/takings.parquet", index=False)


def with_pandas(_, paths):
    import pandas

    with_frames(pandas, paths)


def with_polars(_, paths):
    import polars as pl

    # One lazy query from files to files, on the streaming engine: https://docs.pola.rs/user-guide/concepts/streaming/
    takings = (
        pl.scan_parquet(f"{paths.trips}/*.parquet")
        .filter(pl.col("payment") == "card")
        .with_columns(day=pl.col("pickup").dt.date(), paid=pl.col("fare") + pl.col("tip"))
        .group_by("zone", "day")
        .agg(trips=pl.len(), paid=pl.col("paid").sum(), distance=pl.col("distance").mean())
        .join(pl.scan_parquet(f"{paths.zones}/*.parquet"), on="zone")
    )
    takings.sink_parquet(f"{paths.takings}/takings.parquet", engine="streaming")


def with_duckdb(connection, paths):
    connection.execute(f"""
        COPY (
            SELECT zone, name, day, trips, paid, distance
            FROM (
                SELECT zone, pickup::DATE AS day, count(*) AS trips, sum(fare + tip) AS paid, avg(distance) AS distance
                FROM read_parquet('{paths.trips}/*.parquet')
                WHERE payment = 'card'
                GROUP BY zone, day
            )
            JOIN read_parquet('{paths.zones}/*.parquet') USING (zone)
        ) TO '{paths.takings}/takings.parquet' (FORMAT parquet)
    """)


def with_dask(_, paths):
    import dask.dataframe as dd

    # The optimizer reads only the columns that are needed: https://docs.dask.org/en/stable/dataframe-optimizer.html
    # Arrow's reader is the newer one: https://docs.dask.org/en/stable/generated/dask.dataframe.read_parquet.html
    frame = dd.read_parquet(paths.trips, filters=[("payment", "==", "card")], filesystem="arrow")
    frame["day"] = frame["pickup"].dt.floor("D")
    frame["paid"] = frame["fare"] + frame["tip"]
    groups = frame.groupby(["zone", "day"], sort=False)
    takings = groups.agg({"paid": ["count", "sum"], "distance": "mean"})
    takings.columns = ["trips", "paid", "distance"]
    zones = dd.read_parquet(paths.zones)
    takings.reset_index().merge(zones, on="zone").to_parquet(paths.takings, write_index=False)


def with_spark(session, paths):
    from pyspark.sql import functions as f

    # The optimizer broadcasts the small table to all tasks:
    # https://spark.apache.org/docs/latest/sql-performance-tuning.html#join-strategy-hints
    takings = (
        session.read.parquet(paths.trips)
        .where(f.col("payment") == "card")
        .withColumns({"day": f.to_date("pickup"), "paid": f.col("fare") + f.col("tip")})
        .groupBy("zone", "day")
        .agg(f.count("*").alias("trips"), f.sum("paid").alias("paid"), f.avg("distance").alias("distance"))
        .join(session.read.parquet(paths.zones), on="zone")
    )
    takings.write.parquet(paths.takings, mode="overwrite")


def with_modin(_, paths):
    import modin.pandas

    # Modin's promise is that only the import changes: https://modin.readthedocs.io/
    with_frames(modin.pandas, paths)


def with_ray_data(_, paths):
    import ray
    from pyarrow import parquet
    from ray.data.aggregate import Count, Mean, Sum
    from ray.data.expressions import col

    # Ray Data's join shuffles both tables. Send the small one to each task instead:
    # https://docs.ray.io/en/latest/data/joining-data.html
    zones = parquet.read_table(paths.zones)
    takings = (
        ray.data.read_parquet(paths.trips, override_num_blocks=len(os.listdir(paths.trips)))
        .filter(expr=col("payment") == "card")
        .with_column("day", col("pickup").dt.floor("day"))
        .with_column("paid", col("fare") + col("tip"))
        .groupby(["zone", "day"], num_partitions=WORKERS)
        .aggregate(Count(alias_name="trips"), Sum("paid", alias_name="paid"), Mean("distance", alias_name="distance"))
        .map_batches(lambda table: table.join(zones, "zone"), batch_format="pyarrow", batch_size=None)
    )
    takings.write_parquet(paths.takings, mode="overwrite")
