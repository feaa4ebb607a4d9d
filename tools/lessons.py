"""Which lessons there are and what each promises. The tour needs only this, and this needs only Python."""

import ast
import doctest
import re
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATTERNS = ["O[0-9]*.py", "serve_torchvision.py", "serve_transformers.py", "ipu/I[0-9]*.py"]  # the order of the tour
# What Ray prints for its other processes: (raylet) ..., (autoscaler +3s) ..., (a_task pid=123, ip=...) ...
NOT_OF_THE_LESSON = re.compile(r"^(?:\x1b\[[\d;]*m)*\((?:raylet|autoscaler \+\w+|.*?pid=\w+)(?:, ip=\S+)?\)")


@dataclass(frozen=True)
class Lesson:
    """A script of the tour."""

    path: Path

    def __str__(self):
        return self.path.relative_to(ROOT).as_posix()

    @cached_property
    def source(self):
        """The text of the script."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def docstring(self):
        """The docstring of the script."""
        return ast.get_docstring(ast.parse(self.source)) or ""

    @property
    def title(self):
        """The words before the colon in the first sentence."""
        return self.docstring.partition(":")[0]

    def header(self, name):
        """Return what follows `name:` in the docstring. Raises ValueError where it is missing."""
        found = re.search(rf"^{name}: +(.+)$", self.docstring, re.MULTILINE)
        if not found:
            raise ValueError(f"the docstring of {self} has no line '{name}:'")
        return found[1]

    @property
    def expected(self):
        """The lines that the script says it prints, its `# ->` comments in order."""
        return re.findall(r"^ *# -> ?(.*)$", self.source, re.MULTILINE)

    @property
    def steps(self):
        """What main() says and prints, in order: pairs of "says" and a comment, or "prints" and an expected line."""
        steps, comment = [], None
        for line in self.source.partition("\ndef main():\n")[2].splitlines():
            kind, text = re.match(r" *(# -> ?|# |#$|)(.*)", line).groups()
            if kind.startswith("# ->"):
                steps.append(("prints", text))
            elif kind and comment is not None:  # goes on in the next line
                steps[-1] = "says", f"{comment} {text}"
            elif kind:
                steps.append(("says", text))
            comment = steps[-1][1] if kind and steps[-1][0] == "says" else None
        return steps

    def claim(self, language):
        """Return what the lesson claims: the first sentence of its docstring, or in "zh" of its chapter."""
        if language != "zh":
            return " ".join(self.docstring.partition("\n\n")[0].split())
        name, page = re.escape(str(self)), (ROOT / "README.zh.md").read_text(encoding="utf-8")
        in_chapter = re.search(rf"^\*\*\[{name}\].*?\*\* (.*?。)", page, re.MULTILINE)
        in_table = re.search(rf"^\| \[{name}\].*?\| (.*?) \|", page, re.MULTILINE)
        return (in_chapter or in_table)[1].replace("**", "")

    @property
    def missing_imports(self):
        """The modules that the script imports and that are neither beside it nor installed here."""
        names = set()
        for node in ast.walk(ast.parse(self.source)):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names.add(node.module)
        return sorted(name for name in {name.partition(".")[0] for name in names} if not self._finds(name))

    def _finds(self, module):
        return self.path.with_name(f"{module}.py").exists() or find_spec(module)


LESSONS = [Lesson(path) for pattern in PATTERNS for path in sorted(ROOT.glob(pattern))]


def lesson_named(stem):
    """Return the lesson whose file has this name, without its ending."""
    [found] = [lesson for lesson in LESSONS if lesson.path.stem == stem]
    return found


def of_the_lesson(output):
    """Return the lines of a script's output, without those that Ray wrote for its other processes."""
    return [line for line in output.splitlines() if not NOT_OF_THE_LESSON.match(line)]


def fits(expected, printed):
    """Tell whether a line is what a lesson says, in which `...` stands for any text."""
    return doctest.OutputChecker().check_output(expected + "\n", printed + "\n", doctest.ELLIPSIS)


def differences(expected, printed):
    """Compare what a lesson says with what it printed.

    Args:
        expected: Lines, in which `...` stands for any text.
        printed: Lines as they came, including those that Ray wrote for its other processes.

    Returns:
        One line of text for each position where the two differ, none where they agree.
    """
    printed = [line for line in printed if not NOT_OF_THE_LESSON.match(line)]
    found = []
    for number in range(max(len(expected), len(printed))):
        said = expected[number] if number < len(expected) else None
        came = printed[number] if number < len(printed) else None
        if said is None or came is None or not fits(said, came):
            found.append(f"line {number + 1}: the script says {said!r}, and printed {came!r}")
    return found
