"""What the tests, the tour and the benchmark share: which lessons there are, what each promises, how to run one."""

import ast
import doctest
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
PATTERNS = ["O[0-9]*.py"]  # the order of the tour
TIMEOUT = 100  # seconds that a lesson may take on a busy machine
NOT_OF_THE_LESSON = re.compile(r"^(\x1b\[\d+m)?\((raylet|autoscaler|\S+ pid=\d+|pid=\S+)(, ip=\S+)?\)")


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
    def missing_imports(self):
        """The modules that the script imports and that are not installed here."""
        names = set()
        for node in ast.walk(ast.parse(self.source)):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names.add(node.module)
        return sorted(name for name in {name.partition(".")[0] for name in names} if not find_spec(name))


README = (ROOT / "README.md").read_text(encoding="utf-8")
# A fence says after the language what its block is tied to: ```python file=O1_tiny_demo.py
BLOCKS = re.findall(r"^```(\w+) ?(\S*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
LESSONS = [Lesson(path) for pattern in PATTERNS for path in sorted(ROOT.glob(pattern))]


def differences(expected, printed):
    """Compare what a lesson says with what it printed.

    Args:
        expected: Lines, in which `...` stands for any text.
        printed: Lines as they came, those that Ray wrote for its other processes among them.

    Returns:
        One line of text for each position where the two differ, none where they agree.
    """
    matches = doctest.OutputChecker().check_output
    printed = [line for line in printed if not NOT_OF_THE_LESSON.match(line)]
    found = []
    for number in range(max(len(expected), len(printed))):
        said = expected[number] if number < len(expected) else None
        came = printed[number] if number < len(printed) else None
        if said is None or came is None or not matches(said + "\n", came + "\n", doctest.ELLIPSIS):
            found.append(f"line {number + 1}: the script says {said!r}, and printed {came!r}")
    return found


@dataclass
class Place:
    """An empty home, an empty working directory and empty temporary folders to run scripts in.

    With these a run is a newcomer's first, and what it leaves behind is seen. The folder is directly under /tmp,
    since Ray puts Unix sockets there, whose paths must be short.
    """

    folder: Path

    @classmethod
    def make(cls):
        """Return a new place."""
        place = cls(Path(tempfile.mkdtemp(prefix="tour-", dir="/tmp")))
        for name in ("home", "work", "tmp", "ray"):
            (place.folder / name).mkdir()
        return place

    @property
    def work(self):
        """The working directory."""
        return self.folder / "work"

    def environment(self, **extra):
        """Return the variables for a process in this place, without any of Ray's that are set here."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("RAY_", "PYTHON"))}
        mine = {
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder / "tmp"),
            "RAY_TMPDIR": str(self.folder / "ray"),
        }
        return kept | mine | extra

    def processes(self):
        """Return the processes that run in this place."""
        return [process for process in psutil.process_iter() if self._holds(process)]

    def _holds(self, process):
        try:
            return process.environ().get("RAY_TMPDIR") == str(self.folder / "ray")
        except (psutil.Error, OSError):
            return False  # somebody else's, or gone

    def leftovers(self, patience=15):
        """Return what the runs left behind, once their processes have had `patience` seconds to end."""
        deadline = time.monotonic() + patience
        while (running := self.processes()) and time.monotonic() < deadline:
            time.sleep(0.2)
        # Ray keeps its token in the home folder and its logs in its own temporary folder.
        files = [path for name in ("home", "work", "tmp") for path in (self.folder / name).rglob("*") if path.is_file()]
        token = self.folder / "home" / ".ray" / "auth_token"
        return [f"process {p.pid} {p.name()}" for p in running] + [str(path) for path in files if path != token]

    def remove(self):
        """End what still runs here and delete the folder."""
        for process in self.processes():
            process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def start(lesson, place, *, prefix=(), flags=(), **variables):
    """Start a lesson in a session of its own, with its output in pipes, and return the process."""
    command = [*prefix, sys.executable, "-u", *flags, str(lesson.path)]
    environment = place.environment(**variables)
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, cwd=place.work, env=environment, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    )


def run(lesson, place, **options):
    """Run a lesson to its end and return it as a CompletedProcess. One that hangs is killed and fails."""
    process = start(lesson, place, **options)
    try:
        out, err = process.communicate(timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        err += f"\n{lesson} did not end within {TIMEOUT} seconds"
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)
