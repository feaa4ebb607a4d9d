"""The table pipeline gives the same answer as plain NumPy, and processes above the memory limit are killed."""

import sys

import numpy as np
import pytest
from pyarrow import parquet

from compare.tables import pipeline
from tools.compare import memory_limit


def test_the_pipeline_matches_numpy(tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline, "DATA", str(tmp_path))
    rows = next(iter(pipeline.QUICK.values()))
    files = pipeline.files(rows)
    parts = [pipeline.trips(rows // files, number) for number in range(files)]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    by_card = columns["payment"] == "card"
    days = columns["pickup"].astype("datetime64[D]").astype(int)
    groups = set(zip(columns["zone"][by_card].tolist(), days[by_card].tolist()))
    paid = (columns["fare"] + columns["tip"])[by_card].sum()
    expected = {"rows": len(groups), "trips": float(by_card.sum()), "paid": float(paid)}

    paths = pipeline.prepare(rows)
    answer = pipeline.summary(pipeline.with_pandas(None, paths), paths)
    assert {name: answer[name] for name in expected} == expected
    another = paths._replace(takings=str(tmp_path / "another"))
    (tmp_path / "another").mkdir()
    zones = parquet.read_table(paths.zones)
    renamed = zones.set_column(zones.schema.get_field_index("name"), "name", [zones["name"].to_pylist()[::-1]])
    parquet.write_table(renamed, f"{paths.zones}/zones.parquet")
    other = pipeline.summary(pipeline.with_pandas(None, another), another)
    assert {name: other[name] for name in expected} == expected
    assert other["checksum"] != answer["checksum"], "the checksum must detect wrong names"


def limited(program, megabytes, spill):
    try:
        return memory_limit.run([sys.executable, "-c", program], megabytes, spill)
    except RuntimeError as reason:
        pytest.skip(str(reason))


def test_a_process_above_the_memory_limit_is_killed(tmp_path):
    killed = limited("list(range(100_000_000))", 200, tmp_path)
    assert killed["outcome"] == "killed"
    assert killed["processes_killed"] == 1
    assert killed["peak_megabytes"] <= 200


def test_spilled_data_and_messages_about_memory_are_reported(tmp_path):
    program = f"""
import pathlib, time
pathlib.Path({str(tmp_path)!r}, "spilled").write_bytes(bytes(5_000_000))
print("spilled 5 MB")
time.sleep(0.5)
raise MemoryError("no more")
"""
    raised = limited(program, 200, tmp_path)
    assert raised["outcome"] == "raised"
    assert raised["last_line"] == "MemoryError: no more"
    assert raised["spilled_megabytes"] == 5
    assert raised["said"][0] == "spilled 5 MB"
