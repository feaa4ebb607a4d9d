"""What is in these photos?

Reads encoded photos from Parquet, decodes, scales and classifies them, and counts the labels. The model is the one in
serve_torchvision.py. Each process loads it once, before the timing starts.
"""

import functools
import io
from collections import Counter
from pathlib import Path

from compare.models import load_image
from compare.tables.start import DATA, WORKERS

CASES = {"50 photos": 50, "400 photos": 400}
QUICK = {"16 photos": 16}
FILES = 16
IMAGES = Path(__file__).parents[2] / "imgs"


def prepare(count):
    """Return a folder with this many photos in Parquet files, written if missing. No two have the same size."""
    from PIL import Image
    from pyarrow import parquet, table

    folder = Path(DATA, f"photos-{count}")
    complete = Path(f"{folder}-complete")
    if not complete.exists():
        folder.mkdir(exist_ok=True)
        originals = [Image.open(IMAGES / name).convert("RGB") for name in ("espresso.jpg", "cat.jpg")]
        for file in range(FILES):
            photos = []
            for number in range(file, count, FILES):
                original, body = originals[number % 2], io.BytesIO()
                original.resize((500 + number, 400 + number)).save(body, "JPEG")
                photos.append(body.getvalue())
            parquet.write_table(table({"photo": photos}), folder / f"{file:02}.parquet")
        complete.touch()
    return str(folder)


def summary(labels, _):
    """Return the number of photos per label, sorted by label."""
    return dict(sorted(Counter(labels).items()))


load = functools.cache(load_image)  # once per process


def classify(photo, threads=1):
    """Return the label of one photo. On a CPU, batches are slower."""
    return load(threads)(photo)[0]["label"]


def classify_frame(frame):
    """Return a table with the labels of a table of photos."""
    return frame["photo"].map(classify).to_frame("label")


def with_pandas(_, folder):
    import pandas as pd

    return pd.read_parquet(folder)["photo"].map(functools.partial(classify, threads=WORKERS))


def with_polars(_, folder):
    import polars as pl

    # https://docs.pola.rs/user-guide/expressions/user-defined-python-functions/
    classify_all = functools.partial(classify, threads=WORKERS)
    label = pl.col("photo").map_elements(classify_all, return_dtype=pl.String)
    return pl.scan_parquet(f"{folder}/*.parquet").select(label).collect(engine="streaming")["photo"]


def with_duckdb(connection, folder):
    # Arrow batches avoid converting each value: https://duckdb.org/docs/current/clients/python/function
    def classify_batch(photos):
        return pa.array([classify(photo, threads=WORKERS) for photo in photos.to_pylist()])

    import pyarrow as pa

    connection.create_function("classify", classify_batch, ["BLOB"], "VARCHAR", type="arrow")
    rows = connection.sql(f"SELECT classify(photo) FROM read_parquet('{folder}/*.parquet')").fetchall()
    connection.remove_function("classify")
    return [label for (label,) in rows]


def with_dask(_, folder):
    import dask.dataframe as dd

    return dd.read_parquet(folder).map_partitions(classify_frame, meta={"label": str}).compute()["label"]


def with_spark(session, folder):
    # https://spark.apache.org/docs/latest/api/python/tutorial/sql/arrow_pandas.html#map
    photos = session.read.parquet(folder)
    labels = photos.mapInPandas(lambda frames: map(classify_frame, frames), "label string")
    return labels.toPandas()["label"]


def with_modin(_, folder):
    import modin.pandas as pd

    return pd.read_parquet(folder)["photo"].map(classify).to_list()


def with_ray_data(_, folder):
    import ray

    # Tasks, because their workers keep the model, as the other tools' workers do. The actor pool that
    # https://docs.ray.io/en/latest/data/batch_inference.html recommends would reload the model in each run.
    photos = ray.data.read_parquet(folder).repartition(4 * WORKERS)  # one task reads all files, as they are small
    labels = photos.map_batches(classify_frame, batch_format="pandas", batch_size=None)
    return [row["label"] for row in labels.take_all()]
