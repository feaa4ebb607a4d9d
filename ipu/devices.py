"""The IPUs of this machine: which there are, and which process has which.

Needs no package, and nothing newer than Python 3.8, the Python of Graphcore's SDK.
"""

import atexit
import fcntl
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

IPU, IPU_MODEL, STAND_IN = "ipu", "ipu-model", "cpu stand-in"
DEVICE_LINE = re.compile(r"-\+- Id: \[(\d+)\], target: \[([^\]]+)\]")
MEMBER_LINE = re.compile(r" *\|--- Id: \[(\d+)\]")
# Not the folder for temporary files, which a user or a service may have alone: then two could lease the same IPU.
LEASES = "/dev/shm/ipu-leases" if os.path.isdir("/dev/shm") else "/tmp/ipu-leases"


class DeviceError(Exception):
    """No such device can be had. The message says why, and what to do."""


class Device(NamedTuple):
    """What PopTorch uses under one id: an IPU, or a group of 2, 4, 8, ... that has an id of its own."""

    id: int
    ipus: tuple  # the ids of its IPUs


def parse_listing(text):
    """Return the Devices in the output of `gc-info -l`."""
    found = {}
    for line in text.splitlines():
        device, member = DEVICE_LINE.match(line), MEMBER_LINE.match(line)
        if device:
            latest = int(device[1])
            found[latest] = [] if device[2] == "Multi IPU" else [latest]
        elif member and found:
            found[latest].append(int(member[1]))
    for number, ipus in found.items():
        size = len(ipus)
        if ipus != [number] and (size < 2 or size & (size - 1) or any(found.get(ipu) != [ipu] for ipu in ipus)):
            raise DeviceError(f"gc-info -l lists a device {number} of the IPUs {ipus}, which cannot be.")
    return [Device(number, tuple(ipus)) for number, ipus in found.items()]


def pretend(count):
    """Return Devices that do not exist: so many IPUs, and the groups that a real machine has of them."""
    sizes = [2**power for power in range(count.bit_length())]
    groups = [range(first, first + size) for size in sizes for first in range(0, count - size + 1, size)]
    return [Device(number, tuple(ipus)) for number, ipus in enumerate(groups)]


def detect():
    """Return what computes on this machine, and its Devices. Raises DeviceError where nothing does.

    The stand-in is for machines without Graphcore's SDK. Where the SDK is installed, having no device is an error.
    """
    gc_info = shutil.which("gc-info")
    if not gc_info and not importlib.util.find_spec("poptorch"):
        backend, known = STAND_IN, pretend(int(os.environ.get("IPU_PRETEND", "0")))
        if not known:
            raise DeviceError("This machine has no IPU: it has no gc-info. IPU_PRETEND=4 pretends that it has four.")
    elif os.environ.get("POPTORCH_IPU_MODEL", "0") != "0":
        backend, known = IPU_MODEL, pretend(4)
    else:
        listing = subprocess.run(["gc-info", "-l"], stdout=subprocess.PIPE, text=True, check=True) if gc_info else None
        backend, known = IPU, parse_listing(listing.stdout) if listing else []
        if not known:
            raise DeviceError("Graphcore's SDK is installed, but no IPU is found. Is your partition active?")
    if backend != IPU and os.environ.get("IPU_REQUIRED") == "1":
        raise DeviceError(f"IPU_REQUIRED=1, and this machine has no IPU, only: {backend}.")
    return backend, known


def start_ray(pretended=4, address=None):
    """Announce what computes here, start Ray with the IPUs of this machine, and return its Devices.

    RAY_ADDRESS may name a cluster to join, unless the address is "local". Without an SDK so many IPUs are pretended.
    """
    import ray  # not above, since the SDK's Python has no Ray

    if not shutil.which("gc-info"):
        os.environ.setdefault("IPU_PRETEND", str(pretended))
        if "IPU_LEASES" not in os.environ:  # pretended IPUs are this script's own, so their locks are too
            os.environ["IPU_LEASES"] = tempfile.mkdtemp(prefix="ipu-leases-")
            atexit.register(shutil.rmtree, os.environ["IPU_LEASES"])
    try:
        backend, known = detect()
    except DeviceError as error:
        sys.exit(str(error))
    why = ": this machine has no IPU, so PyTorch computes on its CPU" if backend == STAND_IN else ""
    print(f"backend: {backend}{why}")
    address = address or os.environ.get("RAY_ADDRESS") or "local"
    count = sum(len(device.ipus) == 1 for device in known)
    ray.init(address=address, resources={"IPU": count} if address == "local" else None)
    return known


class Lease:
    """A device that no other process of this machine gets until close(), or until all processes that hold it end.

    Each IPU has a file, and whoever has locked the file has the IPU. The kernel unlocks it when its holder ends,
    however it ends. A child process that inherits the files (pass_fds) holds the device too.
    """

    def __init__(self, count, patience=30):
        """Wait for a device of so many IPUs. After `patience` seconds a DeviceError says who has them."""
        self.device, self.files = None, []
        self.folder = Path(os.environ.get("IPU_LEASES", LEASES))
        self.folder.mkdir(exist_ok=True)
        _, known = detect()
        suitable = [device for device in known if len(device.ipus) == count]
        if not suitable:
            raise DeviceError(f"No device of this machine has {count:g} IPUs.")
        deadline = time.monotonic() + patience
        while not any(self._take(device) for device in suitable):
            if time.monotonic() > deadline:
                raise DeviceError(f"No device of {count:g} IPUs is free. {self._who_has_which(known)}")
            time.sleep(0.02)

    def _take(self, device):
        """Lock the files of all IPUs of a device, or of none. Tell whether it was all."""
        for ipu in device.ipus:
            file = os.open(self.folder / str(ipu), os.O_RDWR | os.O_CREAT, 0o666)
            self.files.append(file)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.close()
                return False
            os.truncate(file, 0)
            os.write(file, str(os.getpid()).encode())
        self.device = device
        return True

    def _who_has_which(self, known):
        free, used = [], []
        for ipu in [device.id for device in known if len(device.ipus) == 1]:
            if self._take(Device(ipu, (ipu,))):
                self.close()
                free.append(ipu)
            else:
                used.append(f"{ipu} (pid {(self.folder / str(ipu)).read_text()})")
        return f"In use: {', '.join(used)}. Free, but no device: {free}." if free else f"In use: {', '.join(used)}."

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
