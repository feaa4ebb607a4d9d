"""Runs the pipeline of compare/tables with less memory than its table needs, one tool at a time."""

import shutil
import tempfile

from compare.tables import pipeline, small_memory, start
from tests.support.places import Place
from tools.compare.environments import python_of
from tools.compare.memory_limit import run
from tools.lessons import ROOT


def measure(rows=small_memory.ROWS, megabytes=small_memory.MEGABYTES, tools=tuple(start.TOOLS)):
    """Yield a record per tool: the result of memory_limit.run(), and the answer if the tool finished.

    Raises:
        RuntimeError: This system cannot limit memory. The message gives the reason.
    """
    for tool in tools:
        paths, place, spill = pipeline.prepare(rows), Place.make(), tempfile.mkdtemp(dir=start.DATA)
        command = [python_of("peers"), "-m", "compare.tables.small_memory", tool, str(megabytes), spill, str(rows)]
        environment = place.environment(PYTHONPATH=str(ROOT), COMPARE_DATA=start.DATA, OMP_NUM_THREADS="1")
        try:
            record = run(command, megabytes, spill, cwd=place.work, env=environment)
        finally:
            place.remove()
            shutil.rmtree(spill)
        record["said"] = bool(record["said"])
        del record["last_line"]  # may contain paths of this machine
        if record["outcome"] == "finished":
            record["answer"] = pipeline.summary(None, paths)
        case = f"{rows // 1_000_000}M rows in {megabytes} MB"
        yield {"question": "small_memory", "case": case, "tool": tool} | record
