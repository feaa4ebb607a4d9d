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


def check_poptorch(backend):
    """Raise DeviceError where this Python lacks the PopTorch that the backend is."""
    if backend != STAND_IN and importlib.util.find_spec("poptorch") is None:
        raise DeviceError(
            "Here are IPUs, but this Python has no PopTorch. ipu/I6_old_python.py uses a Python that has."
        )


def introduce(backend):
    """Return the line that says what computes."""
    meaning = {
        IPU: "PopTorch computes on an IPU",
        IPU_MODEL: "PopTorch simulates an IPU",
        STAND_IN: "this machine has no IPU, so PyTorch computes on its CPU",
    }
    return f"backend: {backend}: {meaning[backend]}"


def announce(pretended, python=None, computes=True):
    """Say what computes on this machine, return its name and how many IPUs it has. Called before Ray starts.

    Where there is no SDK, the processes that Ray starts here are told to pretend that there are so many. Exits with a
    line where there is neither an IPU nor a stand-in to be had, or others have all IPUs.

    Args:
        pretended: How many IPUs to pretend, where there are none.
        python: The Python that will compute, where it is not this one.
        computes: Whether anything will.
    """
    if not shutil.which("gc-info"):
        os.environ.setdefault("IPU_PRETEND", str(pretended))
        if "IPU_LEASES" not in os.environ:  # pretended IPUs are this script's own, and so are their locks
            os.environ["IPU_LEASES"] = tempfile.mkdtemp(prefix="ipu-leases-")
            atexit.register(shutil.rmtree, os.environ["IPU_LEASES"], ignore_errors=True)
    try:
        backend, known = detect()
        if python:
            _check_other_python(python, backend)
        elif computes:
            check_poptorch(backend)
        Lease(1, patience=5).close()
    except DeviceError as error:
        sys.exit(str(error))
    print(introduce(backend))
    return backend, sum(len(device.ipus) == 1 for device in known)


def _check_other_python(python, backend):
    """Raise DeviceError where the other Python finds something else than this one, or nothing."""
    try:
        asked = subprocess.run([python, __file__], capture_output=True, text=True)
    except OSError as error:
        raise DeviceError(f"IPU_PYTHON={python} cannot be started: {error.strerror}") from None
    if asked.returncode:
        raise DeviceError((asked.stderr.strip() or f"IPU_PYTHON={python} failed").splitlines()[-1])
    if introduce(backend) not in asked.stdout.splitlines():
        raise DeviceError(
            f"Ray's Python finds {backend!r} here, IPU_PYTHON something else: {asked.stdout.strip()!r}."
            " Both need gc-info on their PATH."
        )


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
        raise DeviceError("No node of this cluster has IPUs. One that has: ray start ... --resources='{\"IPU\": 4}'")
    if count > most:
        raise DeviceError(f"No node of this cluster has {count} IPUs. The largest has {most:g}.")
    return {"IPU": int(count)}


def require(count, patience=20):
    """Exit with a line where so many IPUs are not there, or not free within so many seconds."""
    import ray

    try:
        request(count)
        deadline = time.monotonic() + patience
        while (free := ray.available_resources().get("IPU", 0)) < count:
            if time.monotonic() > deadline:
                raise DeviceBusyError(f"Others on this cluster use its IPUs: {free:g} are free, {count} are needed.")
            time.sleep(0.2)
    except DeviceError as error:
        sys.exit(str(error))


_open = set()  # leases, so that one that nobody keeps in a variable is kept


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
        _, self._known = detect()
        if not any(len(device.ipus) == count for device in self._known):
            raise DeviceError(f"No device of this machine has {count:g} IPUs.")
        self.device, self.files, self._count, self._folder = None, [], int(count), _folder_of_locks()
        deadline = time.monotonic() + patience
        ticket = self._draw_ticket()
        try:
            while not self._take_turn(ticket):
                if time.monotonic() > deadline:
                    raise DeviceBusyError(self._who_has_them())
                time.sleep(0.01)
        finally:
            os.unlink(ticket.name)  # before it is unlocked, or another process takes it for a dead one's
            ticket.close()
        _open.add(self)

    def _gate(self):
        """Return the file that is locked by who looks at the others. Closing it unlocks it."""
        return _lock(self._folder / "gate", wait=True)

    def _draw_ticket(self):
        """Return a locked file whose name tells when it was drawn. An unlocked one belonged to somebody who died."""
        with self._gate():
            return _lock(self._folder / f"ticket-{time.monotonic_ns():020d}-{uuid.uuid4().hex}")

    def _take_turn(self, ticket):
        """Take a device if nobody waits in front and one is free. Tell whether it was so."""
        with self._gate():
            for other in sorted(self._folder.glob("ticket-*")):
                if str(other) == ticket.name:
                    break
                dead = _lock(other)
                if not dead:
                    return False
                other.unlink(missing_ok=True)
                dead.close()
            # Lock what is free, keep what fits best, let go of the rest.
            free = {ipu: file for ipu, file in self._lock_all().items() if file}

            def breaks(device):
                """Return how many larger free devices would be lost with this one."""
                return sum(set(device.ipus) < set(larger.ipus) <= set(free) for larger in self._known)

            fitting = [device for device in self._of_size(self._count) if set(device.ipus) <= set(free)]
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

    def _of_size(self, count):
        return [device for device in self._known if len(device.ipus) == count]

    def _lock_all(self):
        """Return for each IPU that is not out of order its locked file, or None where another process has it."""
        ipus = [device.ipus[0] for device in self._of_size(1)]
        return {ipu: _lock(self._folder / f"ipu-{ipu}") for ipu in ipus if not self._out_of_order(ipu).exists()}

    def _out_of_order(self, ipu):
        return self._folder / f"out-of-order-{ipu}"

    def _who_has_them(self):
        with self._gate():
            files = self._lock_all()
            used = [
                f"{ipu} (pid {(self._folder / f'ipu-{ipu}').read_text()})" for ipu, file in files.items() if not file
            ]
            free = [ipu for ipu, file in files.items() if file]
            for ipu in free:
                files[ipu].close()
        broken = [path.name[13:] + f" ({path})" for path in sorted(self._folder.glob("out-of-order-*"))]
        parts = [f"No device of {self._count} IPUs is free.", f"In use: {', '.join(used) or 'none'}."]
        if free and any(set(device.ipus) <= set(free) for device in self._of_size(self._count)):
            parts.append("Others wait in front.")
        elif free:
            parts.append(f"Free, but no device: {free}.")
        if broken:
            parts.append(f"Out of order: {', '.join(broken)}.")
        return " ".join(parts)

    def put_out_of_order(self, reason):
        """Let nobody have these IPUs any more, until an operator has done what has to be done and deletes the file."""
        for ipu in self.device.ipus:
            self._out_of_order(ipu).write_text(reason)

    def close(self):
        """Free the device for others."""
        for file in self.files:
            file.close()
        _open.discard(self)

    def __enter__(self):
        return self.device

    def __exit__(self, *_):
        self.close()


def lease(patience=30):
    """Return a Lease of as many IPUs as Ray has counted for the task or actor that calls this."""
    import ray

    count = ray.get_runtime_context().get_assigned_resources().get("IPU", 0)
    if not count:
        raise DeviceError('This task or actor has asked Ray for no IPU: add resources={"IPU": 1}')
    return Lease(count, patience)


def put_in_order():
    """Let all IPUs of this machine be leased again."""
    for path in _folder_of_locks().glob("out-of-order-*"):
        path.unlink()


def _folder_of_locks():
    """Return the folder, which all users of this machine share, since they share its IPUs."""
    chosen = os.environ.get("IPU_LEASES")
    # Not in the folder for temporary files: that may be another one for each user or job, and is tidied up.
    folder = Path(chosen or ("/dev/shm/ipu-leases" if os.path.isdir("/dev/shm") else "/tmp/ipu-leases"))
    try:
        if not chosen and not folder.exists():
            made = Path(tempfile.mkdtemp(dir=str(folder.parent)))
            made.chmod(0o777)
            try:
                made.rename(folder)
            except OSError:  # another process was first
                made.rmdir()
        if not os.access(str(folder), os.W_OK):
            raise DeviceError(f"The locks of the IPUs cannot be written to {folder}. IPU_LEASES names another folder.")
    except OSError as error:
        raise DeviceError(f"The locks of the IPUs cannot be made in {folder}: {error.strerror}") from None
    return folder


def _open_shared(path):
    """Return the file at this path, which every user may open."""
    before = os.umask(0)
    try:
        return open(str(path), "r+", opener=lambda name, flags: os.open(name, flags | os.O_CREAT, 0o666))
    finally:
        os.umask(before)


def _lock(path, wait=False):
    """Return the file at this path, opened and locked, or None where another process has locked it."""
    file = _open_shared(path)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        file.close()
        return None
    return file


def main():
    """Say what computes in this Python."""
    try:
        backend, _ = detect()
        check_poptorch(backend)
    except DeviceError as error:
        sys.exit(str(error))
    print(introduce(backend))


if __name__ == "__main__":
    main()
