"""Reads a results file: medians, spreads and rankings."""

import json
import statistics
from dataclasses import dataclass

from tools.compare.environments import COMPARE


@dataclass(frozen=True)
class Spread:
    """The values of several rounds."""

    values: tuple

    @property
    def median(self):
        """The median value."""
        return statistics.median(self.values)

    @property
    def low(self):
        """The smallest value."""
        return min(self.values)

    @property
    def high(self):
        """The largest value."""
        return max(self.values)

    def map(self, function):
        """Return the spread of a function of the values."""
        return Spread(tuple(map(function, self.values)))


class Results:
    """The records of a run, as returned by tools/compare/rounds.py."""

    def __init__(self, records):
        self.about, *self.records = records
        self.tools = list(dict.fromkeys(record["tool"] for record in self.records))

    @classmethod
    def read(cls, part):
        """Return the results in compare/results/."""
        lines = (COMPARE / "results" / f"{part}.jsonl").read_text(encoding="utf-8").splitlines()
        return cls([json.loads(line) for line in lines])

    def cases(self, question):
        """Return the cases of a question, in order."""
        return list(dict.fromkeys(record["case"] for record in self.records if record["question"] == question))

    def of(self, question, case, tool, key):
        """Return the values of a key in the records of a case."""
        wanted = {"question": question, "case": case, "tool": tool}
        return [record[key] for record in self.records if key in record and wanted.items() <= record.items()]

    def spread(self, question, case, tool, unit="seconds"):
        """Return the spread of a unit, such as seconds, in a case, or None if the tool has no value."""
        values = self.of(question, case, tool, unit)
        return Spread(tuple(values)) if values else None

    def best(self, question, case, unit="seconds"):
        """Return the tools that share first place: the lowest median, and all whose range overlaps its range."""
        spreads = {tool: self.spread(question, case, tool, unit) for tool in self.tools}
        spreads = {tool: spread for tool, spread in spreads.items() if spread}
        first = min(spreads.values(), key=lambda spread: spread.median)
        return [tool for tool, spread in spreads.items() if spread.low <= first.high]

    def behind(self, question, case, unit="seconds"):
        """Return the ratio of Ray's median to the lowest median."""
        spreads = {tool: self.spread(question, case, tool, unit) for tool in self.tools}
        medians = {tool: spread.median for tool, spread in spreads.items() if spread}
        [ray] = [tool for tool in medians if tool.startswith("ray")]
        return medians[ray] / min(medians.values())
