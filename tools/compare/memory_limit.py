"""Runs a command in its own memory cgroup and reports how it ended. Needs Linux and permission to create cgroups."""

import re
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
# The names of the same files in cgroup versions 1 and 2.
VERSIONS = {
    ROOT / "memory": ("memory.limit_in_bytes", "memory.max_usage_in_bytes", "memory.oom_control"),
    ROOT: ("memory.max", "memory.peak", "memory.events"),
}
SAID = re.compile(r"spill|memory|oom", re.IGNORECASE)


@contextmanager
def cgroup(megabytes):
    """Yield the folder of a new cgroup, and its files for the peak and for the number of killed processes.

    Raises:
        RuntimeError: No cgroup can be created here. The message gives the reason.
    """
    root, (limit, peak, events) = next((item for item in VERSIONS.items() if item[0].is_dir()), (None, [""] * 3))
    if not root:
        raise RuntimeError("this system has no cgroups")
    folder = root / f"tour-{time.monotonic_ns()}"
    try:
        folder.mkdir()
    except OSError as error:
        raise RuntimeError(f"no memory cgroup can be created here: {error.strerror}") from None
    try:
        if not all((folder / name).exists() for name in (limit, peak, events)):
            raise RuntimeError("cgroups here do not limit memory, or do not report its peak")
        (folder / limit).write_text(str(megabytes * 1_000_000))
        if (folder / "memory.swap.max").exists():
            (folder / "memory.swap.max").write_text("0")
        yield folder, folder / peak, folder / events
    finally:
        end_all(folder)
        folder.rmdir()


def end_all(folder):
    """Kill the remaining processes in a cgroup, and wait until it is empty."""
    for _ in range(100):
        processes = (folder / "cgroup.procs").read_text().split()
        if not processes:
            return
        subprocess.run(["kill", "-9", *processes], stderr=subprocess.DEVNULL)
        time.sleep(0.1)


def size_of(folder):
    """Return the disk space that the files in a folder take, in bytes. Files may vanish meanwhile."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            total += path.lstat().st_blocks * 512
    return total


class Watch(threading.Thread):
    """Records the largest size of a folder."""

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.folder, self.largest, self.ended = folder, 0, threading.Event()

    def run(self):
        """Check the size five times a second."""
        while not self.ended.wait(0.2):
            self.largest = max(self.largest, size_of(self.folder))


def run(command, megabytes, spill, timeout=60, **options):
    """Run a command with a memory limit for all its processes together, page cache included.

    Args:
        command: The program and its arguments.
        megabytes: The memory limit.
        spill: An empty folder, to which the program spills data that does not fit in memory.
        timeout: Seconds after which the command is killed.
        options: Further arguments for subprocess.Popen.

    Returns:
        A dict: outcome (finished, raised, killed, timed out), seconds, peak_megabytes, processes_killed (by the
        kernel), spilled_megabytes (the largest size of the folder), said (output lines about memory), last_line.
    """
    with cgroup(megabytes) as (folder, peak, events), tempfile.TemporaryFile("w+") as output:
        watch = Watch(Path(spill))
        watch.start()
        # Joins the cgroup, mounts it where tools look for their limit (as in a container), and execs the program.
        join = 'echo $$ > "$0"/cgroup.procs && mount --bind "$0" "$1" && shift && exec "$@"'
        enter = ["unshare", "--mount", "sh", "-c", join, folder, folder.parent, *command]
        started = time.monotonic()
        process = subprocess.Popen(enter, stdout=output, stderr=subprocess.STDOUT, **options)
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            code = None
        seconds = time.monotonic() - started
        killed = int(re.search(r"^oom_kill (\d+)", events.read_text(), re.MULTILINE)[1])
        highest = int(peak.read_text())
        end_all(folder)
        process.wait()
        watch.ended.set()
        watch.join()
        output.seek(0)
        lines = [line.strip() for line in output if line.strip()]
    outcome = {0: "finished", None: "timed out", -9: "killed", 137: "killed"}.get(code, "raised")
    return {
        "outcome": outcome,
        "seconds": seconds,
        "peak_megabytes": round(highest / 1e6),
        "processes_killed": killed,
        "spilled_megabytes": round(watch.largest / 1e6),
        "said": [line[:300] for line in lines if SAID.search(line) and not line.startswith("File ")][:5],
        "last_line": lines[-1][:300] if lines else "",
    }
