"""The IPUs of this machine: which exist, and which process holds which. It runs on Python 3.8, as the SDK does."""

import atexit
import contextlib
import fcntl
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import namedtuple
from pathlib import Path

IPU = "ipu"
IPU_MODEL = "ipu-model"
STAND_IN = "cpu stand-in"
DEVICE_LINE = re.compile(r"-\+- Id: \[(\d+)\], target: \[([^\]]+)\]")
MEMBER_LINE = re.compile(r" *\|--- Id: \[(\d+)\]")
# Not the temporary folder, which may be private to a user or service: two could then lease the same IPU.
LEASES = "/dev/shm/ipu-leases" if os.path.isdir("/dev/shm") else "/tmp/ipu-leases"


class DeviceError(Exception):
    """No such device is available. The message says why, and what to do."""


# What PopTorch uses under one id: an IPU, or a group of 2, 4, 8, ... that has an id of its own. The ipus are their ids.
Device = namedtuple("Device", ["id", "ipus"])


def parse_listing(text):
    """Return the Devices in the output of `gc-info -l`."""
    found = {}
    for line in text.splitlines():
        if (device := DEVICE_LINE.match(line)) and int(device[1]) not in found:
            latest = int(device[1])
            found[latest] = [] if device[2] == "Multi IPU" else [latest]
        elif (member := MEMBER_LINE.match(line)) and found:
            found[latest].append(int(member[1]))
        elif line.lstrip().startswith(("-+-", "|---")):
            raise DeviceError(f"gc-info -l prints a line that cannot be: {line.strip()}")
    for number, ipus in found.items():
        size = len(set(ipus))
        group = size == len(ipus) > 1 and not size & (size - 1) and all(found.get(ipu) == [ipu] for ipu in ipus)
        if ipus != [number] and not group:
            raise DeviceError(f"gc-info -l lists a device {number} of the IPUs {ipus}, which cannot be.")
    return [Device(number, tuple(ipus)) for number, ipus in found.items()]


def pretend(count):
    """Return pretend Devices: `count` IPUs, and the groups a real machine would form from them."""
    sizes = [2**power for power in range(count.bit_length())]
    groups = [range(first, first + size) for size in sizes for first in range(0, count - size + 1, size)]
    return [Device(number, tuple(ipus)) for number, ipus in enumerate(groups)]


def detect():
    """Return this machine's backend and its Devices. Raises DeviceError if there is none."""
    sdk = shutil.which("gc-info") or importlib.util.find_spec("poptorch")
    required = os.environ.get("IPU_REQUIRED") == "1"
    simulated = os.environ.get("POPTORCH_IPU_MODEL", "") not in ("", "0")
    pretended = os.environ.get("IPU_PRETEND") or "0"
    if sdk and (required or not simulated):
        try:
            known = parse_listing(subprocess.check_output(["gc-info", "-l"], errors="replace", timeout=30))
        except (OSError, subprocess.SubprocessError) as error:
            raise DeviceError(f"Graphcore's SDK is installed, but no IPU is found: {error}") from None
        if known:
            return IPU, known
        if not simulated:
            raise DeviceError("Graphcore's SDK is installed, but no IPU is found. Is your partition active?")
    if not sdk and not (pretended.isdecimal() and int(pretended)):
        raise DeviceError(f"This machine has no IPU: no gc-info. IPU_PRETEND=4 pretends four. It is {pretended}.")
    backend = IPU_MODEL if sdk else STAND_IN
    if required:
        raise DeviceError(f"IPU_REQUIRED=1, and this machine has no IPU, only: {backend}.")
    return backend, pretend(4 if sdk else int(pretended))


def start_ray(pretended=4, address=None):
    """Print the backend, start Ray with the IPUs of this machine or join RAY_ADDRESS, return the Devices."""
    import ray  # not at the top: the SDK's Python has no Ray

    address = address or os.environ.get("RAY_ADDRESS") or "local"
    if not shutil.which("gc-info"):
        os.environ.setdefault("IPU_PRETEND", str(pretended))
        if address == "local" and "IPU_LEASES" not in os.environ:  # no other process has this script's pretended IPUs
            os.environ["IPU_LEASES"] = tempfile.mkdtemp(prefix="ipu-leases-")
            atexit.register(shutil.rmtree, os.environ["IPU_LEASES"])
    try:
        backend, known = detect()
    except DeviceError as error:
        sys.exit(str(error))
    why = ": this machine has no IPU, so PyTorch computes on its CPU" if backend == STAND_IN else ""
    print(f"backend: {backend}{why}")
    count = sum(len(device.ipus) == 1 for device in known)
    ray.init(address=address, resources={"IPU": count} if address == "local" else None)
    return known


def open_lock(path):
    """Open a file that every user can lock. O_EXCL, since Linux may refuse O_CREAT alone on another user's file."""
    with contextlib.suppress(FileExistsError):
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        os.fchmod(file, 0o666)
        return file
    return os.open(path, os.O_RDWR | os.O_NOFOLLOW)


class Lease:
    """A device that no other process on this machine gets until close(), or until all processes that hold it end.

    Each IPU has a file to lock. A child process that inherits the files (pass_fds) holds the device too.
    """

    def __init__(self, count, patience=30):
        """Wait for a device of `count` IPUs. After `patience` seconds a DeviceError names the holders."""
        self.device = None
        self.files = []
        self.folder = Path(os.environ.get("IPU_LEASES") or LEASES)
        _, known = detect()
        suitable = [device for device in known if len(device.ipus) == count]
        if not suitable:
            raise DeviceError(f"No device of this machine has {count:g} IPUs.")
        deadline = time.monotonic() + patience
        late = False
        try:
            with contextlib.suppress(FileExistsError):
                self.folder.mkdir()
                self.folder.chmod(0o1777)  # for every user
            while not any(self._take(device) for device in suitable):
                if late:
                    raise DeviceError(f"No device of {count:g} IPUs is free. {self._who_has_which(known)}")
                late = time.monotonic() > deadline  # one more attempt
                time.sleep(0.02)
        except OSError as error:
            self.close()
            raise DeviceError(f"IPU_LEASES={self.folder} has to be a folder in which you can write: {error}") from None

    def _take(self, device):
        """Lock the files of all of a device's IPUs, or of none. Return whether it succeeded."""
        try:
            for ipu in device.ipus:
                self.files.append(open_lock(self.folder / str(ipu)))
                fcntl.flock(self.files[-1], fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.truncate(self.files[-1], 0)
                os.write(self.files[-1], str(os.getpid()).encode())
        except BlockingIOError:
            self.close()
            return False
        self.device = device
        return True

    def _who_has_which(self, known):
        free = []
        used = []
        for ipu in [device.id for device in known if len(device.ipus) == 1]:
            with open(open_lock(self.folder / str(ipu))) as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # for a moment: others try again
                    free.append(ipu)
                except BlockingIOError:
                    used.append(f"{ipu} (pid {file.read()})")
        text = f"In use: {', '.join(used) or 'none by now'}."
        return text + (f" Free, but no device: {free}." if used and free else "")

    def close(self):
        """Let others have the device."""
        for file in self.files:
            os.close(file)
        self.files = []

    def __enter__(self):
        return self.device

    def __exit__(self, *_):
        self.close()


def lease(patience=30):
    """Return a Lease of as many IPUs as Ray has counted for the task or actor that calls this."""
    import ray

    count = ray.get_runtime_context().get_assigned_resources().get("IPU", 0)
    if not count:
        raise DeviceError('This task or actor has asked Ray for no IPU: add resources={"IPU": 1}.')
    return Lease(count, patience)
