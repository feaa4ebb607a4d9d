"""Compare Ray with other tools on this machine.

python -m tools.compare computing|tables|serving ... [--quick]
"""

import argparse
import json
import os
import sys
import tempfile
import time
from functools import partial

from tools.compare import report, rounds, serving
from tools.compare.environments import COMPARE


def measure_tables(quick, say):
    """Return the records of compare/tables, with runs on less memory than data where memory can be limited."""
    with tempfile.TemporaryDirectory(prefix="compare-") as folder:
        os.environ["COMPARE_DATA"] = folder  # shared by all runs
        records = rounds.measure("tables", quick, say)
        if quick:
            return records
        from tools.compare import small_memory  # not earlier: it reads COMPARE_DATA

        try:
            for record in small_memory.measure(tools=report.Results(records).tools):
                say(f"less memory than data, {record['tool']}: {record['outcome']}.")
                records.append({"round": 1} | record)
        except RuntimeError as reason:
            say(f"Less memory than data is left out: {reason}.")
        return records


MEASURES = {
    "computing": partial(rounds.measure, "computing"),
    "tables": measure_tables,
    "serving": serving.measure,
}


def main(arguments=None):
    """Measure the given parts, save the results and print them. Exits with 1 if a tool fails."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.compare", description="Compare Ray with other tools on this machine."
    )
    parser.add_argument("parts", nargs="+", choices=MEASURES, metavar="part", help=", ".join(MEASURES))
    parser.add_argument("--quick", action="store_true", help="run the smallest cases once; leave the pages unchanged")
    options = parser.parse_args(arguments)

    for part in options.parts:
        started = time.monotonic()
        print(f"{part}: running the tools in turn. Press Ctrl-C to stop and clean up.", flush=True)
        try:
            records = MEASURES[part](options.quick, say=partial(print, flush=True))
        except rounds.ToolError as error:
            sys.exit(f"{part}: {error}")
        except KeyboardInterrupt:
            sys.exit("\nStopped. Nothing is saved.")
        results = COMPARE / "results" / f"{part}{'-quick' if options.quick else ''}.jsonl"
        results.parent.mkdir(exist_ok=True)
        results.write_text("".join(json.dumps(record) + "\n" for record in records))
        print(
            f"\n{report.in_terminal(part, records)}\n{results.relative_to(COMPARE.parent)} contains all measurements",
            end="",
        )
        print(f" ({(time.monotonic() - started) / 60:.0f} min).")
        if not options.quick:
            report.write(part, records)
            print("Updated the tables in compare/README.md and README.zh.md, and the pictures.")


if __name__ == "__main__":
    main()
