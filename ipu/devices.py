"""IPUs of this machine: which there are, who has which, and errors that say what to do.

    python ipu/devices.py    says which backend scripts of this folder would use here

Needs no package, and nothing newer than Python 3.8, which is what Graphcore's SDK comes with.
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
import uuid
from pathlib import Path
from typing import NamedTuple

IPU, IPU_MODEL, STAND_IN = "ipu", "ipu-model", "cpu stand-in"  # the backends
KNOWN_LINE = re.compile(r"^(Graphcore device listing:|Partition: .*|\s*)$")
DEVICE_LINE = re.compile(r"^-\+- Id: \[(\d+)\], target: \[([^\]]+)\]")
MEMBER_LINE = re.compile(r"^ *\|--- Id: \[(\d+)\]")


class DeviceError(Exception):
    """The IPUs that were asked for cannot be had. Its text says why, and what to do."""


class DeviceBusyError(DeviceError):
    """The IPUs that were asked for are in use."""


class IPUError(RuntimeError):
    """An error of PopTorch as plain data, which any process can unpickle: .details, as describe() returns it."""

    @property
    def details(self):
        """What describe() returned."""
        return self.args[0]

    def __str__(self):
        action = self.details["recovery_action"]
        advice = f" An operator has to do: {action}." if action else ""
        return f"{self.details['error']}: {self.details['message']}{advice}"


def describe(error):
    """Return an error of PopTorch as a dict of strings. PopTorch's own exceptions do not survive the trip through Ray.

    The keys are error, message, location and recovery_action, which is None where the error has none. The action is
    for people: a program that resets a device takes it from others as well.
    """
    return {
        "error": type(error).__name__,
        "message": str(getattr(error, "message", error)),
        "location": str(getattr(error, "location", "")),
        "recovery_action": getattr(error, "recovery_action", None),
    }


class Device(NamedTuple):
    """What PopTorch can use under one id: an IPU, or a group of 2, 4, 8, ... that has an id of its own."""

    id: int
    ipus: tuple  # of ints, the ids of its IPUs


def parse_listing(text):
    """Return the Devices in the output of `gc-info -l`. Raises DeviceError at a line of another kind."""
    found, targets = {}, {}
    for line in text.splitlines():
        device, member = DEVICE_LINE.match(line), MEMBER_LINE.match(line)
        if device:
            latest = int(device[1])
            if latest in found:
                raise DeviceError(f"gc-info -l lists device {latest} twice.")
            targets[latest] = device[2]
            found[latest] = [] if device[2] == "Multi IPU" else [latest]
        elif member and found and targets[latest] == "Multi IPU":
            found[latest].append(int(member[1]))
        elif not KNOWN_LINE.match(line):
            raise DeviceError(f"gc-info -l printed a line that is not known here: {line!r}")
    singles = {number for number, target in targets.items() if target != "Multi IPU"}
    for number, ipus in found.items():
        possible = is_power_of_two(len(set(ipus))) and len(set(ipus)) == len(ipus) and set(ipus) <= singles
        if not possible or (len(ipus) == 1 and number not in singles):
            raise DeviceError(f"gc-info -l lists a device {number} of the IPUs {ipus}, which cannot be.")
    return [Device(number, tuple(ipus)) for number, ipus in found.items()]


def is_power_of_two(count):
    """Tell whether so many IPUs can form a device."""
    return count > 0 and count == int(count) and int(count) & (int(count) - 1) == 0


def find():
    """Return the Devices of this machine, or None where there is no gc-info, the program that lists them."""
    if not shutil.which("gc-info"):
        return None
    try:
        listing = subprocess.run(["gc-info", "-l"], capture_output=True, text=True, timeout=30)
    except subprocess.TimeoutExpired:
        raise DeviceError("gc-info -l did not end within 30 seconds. Is the partition reachable?") from None
    if listing.returncode:
        raise DeviceError(f"gc-info -l failed: {(listing.stderr or listing.stdout).strip()}")
    return parse_listing(listing.stdout)


def pretend(count):
    """Return Devices that do not exist: as many IPUs, and the groups that a real machine would have of them."""
    if not is_power_of_two(count):
        raise DeviceError(f"IPU_PRETEND={count} is no number of IPUs that a machine has: 1, 2, 4, 8, ...")
    sizes = [2**power for power in range(count.bit_length())]
    groups = [range(first, first + size) for size in sizes for first in range(0, count, size)]
    return [Device(number, tuple(ipus)) for number, ipus in enumerate(groups)]


def detect():
    """Return what computes on this machine, "ipu", "ipu-model" or "cpu stand-in", and the Devices that it has.

    Raises DeviceError where nothing can. The stand-in is for machines without Graphcore's SDK: where there is one,
    what does not work is an error. How many IPUs a stand-in pretends to have, IPU_PRETEND says.
    """
    found = find()
    has_sdk = found is not None or importlib.util.find_spec("poptorch") is not None
    required = os.environ.get("IPU_REQUIRED") == "1"
    if has_sdk and os.environ.get("POPTORCH_IPU_MODEL", "0") not in ("", "0") and not required:
        return IPU_MODEL, pretend(4)
    if found:
        return IPU, found
    if has_sdk:
        raise DeviceError(
            "Graphcore's SDK is installed, but no IPU is found. Is your partition active? POPTORCH_IPU_MODEL=1 is the"
            " SDK's own simulation of an IPU."
        )
    if required:
        raise DeviceError(
            "IPU_REQUIRED=1, and this machine has no IPU: there is no gc-info. Unset it to see a stand-in."
        )
    count = os.environ.get("IPU_PRETEND", "")
    if not count.isdecimal():
        raise DeviceError("This machine has no IPU: there is no gc-info. IPU_PRETEND=4 pretends that there are four.")
    return STAND_IN, pretend(int(count))


def announce(pretended, python=sys.executable):
    """Say what computes on this machine, return its name and how many IPUs it has. Called before Ray starts.

    Where there is no SDK, the processes that Ray starts here are told to pretend that there are so many. Exits with a
    line where there is neither an IPU nor a stand-in to be had.

    Args:
        pretended: How many IPUs to pretend, where there are none.
        python: The Python that will compute.
    """
    if not shutil.which("gc-info"):
        os.environ.setdefault("IPU_PRETEND", str(pretended))
        if "IPU_LEASES" not in os.environ:  # pretended IPUs are this script's own, and so are their locks
            os.environ["IPU_LEASES"] = tempfile.mkdtemp(prefix="ipu-leases-")
            atexit.register(shutil.rmtree, os.environ["IPU_LEASES"], ignore_errors=True)
    try:
        asked = subprocess.run([python, __file__], capture_output=True, text=True)
    except OSError as error:
        sys.exit(f"IPU_PYTHON={python} cannot be started: {error.strerror}")
    if asked.returncode:
        sys.exit((asked.stderr.strip() or f"{python} failed").splitlines()[-1])
    print(asked.stdout.strip())
    backend, known = detect()
    return backend, sum(len(device.ipus) == 1 for device in known)


def request(count):
    """Return the resources to ask Ray for, for a device of so many IPUs.

    Raises DeviceError where no device has so many, or no node of the running cluster: Ray itself would accept the
    request, and wait for ever.
    """
    import ray  # not above, because the SDK's Python has none

    if not is_power_of_two(count):
        raise DeviceError(f"{count} IPUs form no device. Ask for 1, 2, 4, 8, ...")
    most = max((node["Resources"].get("IPU", 0) for node in ray.nodes() if node["Alive"]), default=0)
    if most == 0:
        raise DeviceError(
            """No node of this cluster has IPUs. On one that has: ray start ... --resources='{"IPU": 4}'"""
        )
    if count > most:
        raise DeviceError(f"No node of this cluster has {count} IPUs. The largest has {most:g}.")
    return {"IPU": int(count)}


def require(count):
    """Exit with a line where no node of the running cluster has so many IPUs."""
    try:
        request(count)
    except DeviceError as error:
        sys.exit(str(error))


def counted_by_ray():
    """Return how many IPUs Ray has counted for the task or actor that calls this."""
    import ray

    return ray.get_runtime_context().get_assigned_resources().get("IPU", 0)


class Lease:
    """A device that no other process of this machine gets, until close() or the end of the last process that holds it.

    Each IPU has a file, and who has locked it has the IPU. The kernel unlocks it when its holder ends, in whatever
    way. Processes wait in the order in which they came, so that a group's turn comes too.

    Attributes:
        device: A Device.
        files: The locked files. A child process that inherits them (pass_fds) holds the device too.
    """

    def __init__(self, count, patience=30):
        """Wait for a device.

        Args:
            count: How many IPUs it has.
            patience: For how many seconds to wait. Then DeviceBusyError says who has them.
        """
        if not is_power_of_two(count):
            raise DeviceError(f"{count:g} IPUs form no device. Ask for 1, 2, 4, 8, ...")
        self.device, self.files = None, []
        _, known = detect()
        if not any(len(device.ipus) == count for device in known):
            raise DeviceError(f"No device of this machine has {count:g} IPUs. There are: {known}")
        shared = Path(tempfile.gettempdir()) / "ipu-leases"
        self._folder = Path(os.environ.get("IPU_LEASES") or shared)
        if self._folder == shared and not shared.exists():
            shared.mkdir(exist_ok=True)
            shared.chmod(0o777)  # all users of this machine share its IPUs
        self._wait(known, int(count), time.monotonic() + patience)

    def _wait(self, known, count, deadline):
        # A ticket is a locked file whose name tells when it was drawn. An unlocked one belonged to somebody who died.
        number = f"{time.monotonic_ns():020d}-{uuid.uuid4().hex}"
        drawn, ticket = self._folder / f"new-{number}", self._folder / f"ticket-{number}"
        with _lock(drawn):
            drawn.rename(ticket)
            try:
                while not self._is_first(ticket) or not self._take(known, count):
                    if time.monotonic() > deadline:
                        raise DeviceBusyError(self._who_has_them(known, count))
                    time.sleep(0.01)
            finally:
                ticket.unlink()

    def _is_first(self, ticket):
        for other in sorted(self._folder.glob("ticket-*")):
            if other.name >= ticket.name:
                break
            try:
                dead = _lock(other, create=False)
            except FileNotFoundError:  # it has had its turn
                continue
            if not dead:
                return False
            other.unlink(missing_ok=True)
            dead.close()
        return True

    def _take(self, known, count):
        # Lock what is free, keep what fits best, let go of the rest. Nobody else does this meanwhile.
        free = {ipu: _lock(self._folder / f"ipu-{ipu}") for device in known for ipu in device.ipus}
        free = {ipu: file for ipu, file in free.items() if file}

        def breaks(device):
            """Return how many larger free devices would be lost with this one."""
            return sum(set(device.ipus) < set(larger.ipus) <= set(free) for larger in known)

        fitting = [device for device in known if len(device.ipus) == count and set(device.ipus) <= set(free)]
        if fitting:
            self.device = min(fitting, key=breaks)
            self.files = [free.pop(ipu) for ipu in self.device.ipus]
            for file in self.files:
                file.truncate(0)
                file.write(str(os.getpid()))
                file.flush()
        for file in free.values():
            file.close()
        return bool(fitting)

    def _who_has_them(self, known, count):
        holders, free = [], []
        for [ipu] in (device.ipus for device in known if len(device.ipus) == 1):
            path = self._folder / f"ipu-{ipu}"
            file = _lock(path)
            if file:
                free.append(ipu)
                file.close()
            else:
                holders.append(f"{ipu} (pid {path.read_text()})")
        rest = f" Free, but no device: {free}." if free else ""
        return f"No device of {count} IPUs is free. In use: {', '.join(holders) or 'none'}.{rest}"

    def close(self):
        """Free the device for others."""
        for file in self.files:
            file.close()

    def __enter__(self):
        return self.device

    def __exit__(self, *_):
        self.close()


def lease(patience=30):
    """Return a Lease of as many IPUs as Ray has counted for the task or actor that calls this."""
    count = counted_by_ray()
    if not count:
        raise DeviceError('This task or actor has asked Ray for no IPU: add resources={"IPU": 1}')
    return Lease(count, patience)


def _lock(path, create=True):
    """Return the file at this path, opened and locked, or None where another process has locked it."""
    try:
        file = os.fdopen(os.open(str(path), os.O_RDWR), "r+")
    except FileNotFoundError:
        if not create:
            raise
        file = os.fdopen(os.open(str(path), os.O_RDWR | os.O_CREAT), "r+")
        os.fchmod(file.fileno(), 0o666)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def main():
    """Say what computes in this Python."""
    try:
        name, _ = detect()
    except DeviceError as error:
        sys.exit(str(error))
    if name == IPU and importlib.util.find_spec("poptorch") is None:
        sys.exit("Here are IPUs, but this Python has no PopTorch. I6_old_python.py uses a Python that has.")
    computes = {
        IPU: "PopTorch computes on an IPU",
        IPU_MODEL: "PopTorch simulates an IPU",
        STAND_IN: "this machine has no IPU, so PyTorch computes on its CPU",
    }
    print(f"backend: {name}: {computes[name]}")


if __name__ == "__main__":
    main()
