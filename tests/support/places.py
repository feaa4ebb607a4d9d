"""Places in which the tests and the benchmarks run scripts as readers run them."""

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from tools.lessons import ROOT, Lesson

TIMEOUT = 110  # seconds that a script may take on a busy machine
# Runs the command that follows with no network but the machine itself, where the system allows it.
NO_NETWORK = ["unshare", "--net", "--map-root-user", "--", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]


def free_port():
    """Return an unused port from 20000 to 30000.

    These are below the ports that Linux, macOS and Windows give to outgoing connections, one of which could take a port
    between this check and its use, and above those that Ray gives to its workers.
    """
    for port in random.sample(range(20000, 30000), 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("a hundred ports between 20000 and 30000 are in use")


def wait_until(condition, patience=60):
    """Wait until a function returns something true, and return that. Fails after `patience` seconds."""
    deadline = time.monotonic() + patience
    while not (result := condition()):
        assert time.monotonic() < deadline, f"not within {patience} seconds"
        time.sleep(0.2)
    return result


@dataclass
class Place:
    """An empty home, an empty working directory and empty temporary folders to run scripts in.

    With these a run is like a newcomer's first, and its leftovers can be found. The folder is directly under /tmp,
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
            "TOUR_PLACE": str(self.folder),  # marks all processes that run here
        }
        return kept | mine | extra

    def processes(self):
        """Return the processes that run in this place."""
        return [process for process in psutil.process_iter() if self._holds(process)]

    def _holds(self, process):
        try:
            # Ray's agents and workers overwrite their environment with a title, but stay in the working directory.
            return process.environ().get("TOUR_PLACE") == str(self.folder) or process.cwd() == str(self.work)
        except (psutil.Error, OSError):
            return False  # somebody else's, or gone

    def leftovers(self, patience=15):
        """Return what the runs left behind, once their processes have had `patience` seconds to end."""
        deadline = time.monotonic() + patience
        while (running := self.processes()) and time.monotonic() < deadline:
            time.sleep(0.2)
        # Ray keeps its token in the home folder and its logs in its own temporary folder. pip runs rustc to identify
        # the machine, and rustup writes a file to the home folder.
        files = [path for name in ("home", "work", "tmp") for path in (self.folder / name).rglob("*") if path.is_file()]
        kept = [self.folder / "home" / name for name in (".ray/auth_token", ".rustup")]
        left = [path for path in files if not any(path.is_relative_to(place) for place in kept)]
        # The address of a cluster that has ended: a plain ray.init() would try it for eleven minutes.
        left += (self.folder / "ray").glob("ray/ray_current_cluster")
        return [f"process {p.pid} {p.name()}" for p in running] + [str(path) for path in left]

    def kill(self):
        """Kill the processes still running here, and any they start meanwhile."""
        deadline = time.monotonic() + 15
        while (running := self.processes()) and time.monotonic() < deadline:
            for process in running:
                with contextlib.suppress(psutil.NoSuchProcess):  # it ended meanwhile
                    process.kill()
            psutil.wait_procs(running, timeout=1)

    def remove(self):
        """Kill the processes still running here, and delete the folder."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def start(lesson, place, *, prefix=(), **variables):
    """Start a lesson in a session of its own, with its output in pipes, and return the process."""
    command = [*prefix, sys.executable, str(lesson.path)]
    environment = place.environment(**variables)
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, cwd=place.work, env=environment, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    )


def changed(lesson, folder, *changes):
    """Return a lesson with some of its text replaced, in a copy of the lessons' files.

    Args:
        lesson: The Lesson.
        folder: An empty folder for the copy.
        changes: Pairs of a text that occurs once in the script, and its replacement.
    """
    shutil.copytree(ROOT, folder / "copy", ignore=shutil.ignore_patterns(".*", "tests", "tools", "__pycache__"))
    script = Lesson(folder / "copy" / lesson.path.relative_to(ROOT))
    source = script.path.read_text(encoding="utf-8")
    for before, after in changes:
        assert source.count(before) == 1, f"{lesson} has the line to change once"
        source = source.replace(before, after)
    script.path.write_text(source, encoding="utf-8")
    return script


def joining(lesson, cluster):
    """Return the variables with which a lesson joins the cluster, with an http_proxy that leads nowhere."""
    # These ask the dashboard over HTTP, and heed the proxy. The table of symptoms says what helps.
    return cluster | ({"no_proxy": "*"} if lesson.path.stem in ("O8_observe", "jobs") else {})


def ended(process, timeout=TIMEOUT):
    """Wait for a process to end and return it as a CompletedProcess. One that hangs is killed, with its session."""
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        err += f"\nThis did not end within {timeout} seconds."
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def run(lesson, place, **options):
    """Run a lesson to its end and return it as a CompletedProcess. One that hangs is killed and fails."""
    return ended(start(lesson, place, **options))
