"""Which devices a machine has, and leases: no IPU is held twice, and none stays locked after its holder."""

import os
import signal
import subprocess
import sys

import pytest
import ray

import devices
from devices import DeviceError, Lease
from tests.support.places import Place, run
from tools.lessons import LESSONS, ROOT, lesson_named

# What gc-info -l prints on a machine with four IPUs, after Graphcore's documentation of its command line tools.
LISTING = """
Graphcore device listing:
Partition: p1 [active]
-+- Id: [0], target: [Fabric], IPU-M host: [10.1.5.10], IPU#: [3]
-+- Id: [1], target: [Fabric], IPU-M host: [10.1.5.10], IPU#: [2]
-+- Id: [2], target: [Fabric], IPU-M host: [10.1.5.10], IPU#: [1]
-+- Id: [3], target: [Fabric], IPU-M host: [10.1.5.10], IPU#: [0]
-+- Id: [4], target: [Multi IPU]
 |--- Id: [0], DNC Id: [0], IPU-M host: [10.1.5.10], IPU#: [3]
 |--- Id: [1], DNC Id: [1], IPU-M host: [10.1.5.10], IPU#: [2]
-+- Id: [5], target: [Multi IPU]
 |--- Id: [2], DNC Id: [0], IPU-M host: [10.1.5.10], IPU#: [1]
 |--- Id: [3], DNC Id: [1], IPU-M host: [10.1.5.10], IPU#: [0]
-+- Id: [6], target: [Multi IPU]
 |--- Id: [0], DNC Id: [0], IPU-M host: [10.1.5.10], IPU#: [3]
 |--- Id: [1], DNC Id: [1], IPU-M host: [10.1.5.10], IPU#: [2]
 |--- Id: [2], DNC Id: [2], IPU-M host: [10.1.5.10], IPU#: [1]
 |--- Id: [3], DNC Id: [3], IPU-M host: [10.1.5.10], IPU#: [0]
"""
TABLE = [(0, (0,)), (1, (1,)), (2, (2,)), (3, (3,)), (4, (0, 1)), (5, (2, 3)), (6, (0, 1, 2, 3))]

# Fifty processes fight for four IPUs, one, two or four at a time. Whoever has one makes a file, which fails where
# another process has made it already.
FIFTY = """
import os, time
import devices

def lease_often(number):
    for count in [1, 1, (1, 2, 4)[number % 3]]:
        with devices.Lease(count, patience=60) as device:
            marks = [f"held-{ipu}" for ipu in device.ipus]
            for mark in marks:
                os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
            time.sleep(0.005)
            for mark in marks:
                os.unlink(mark)

for number in range(50):
    if os.fork() == 0:
        try:
            lease_often(number)
            os._exit(0)
        except FileExistsError as error:
            os.write(1, f"held twice: {error.filename}\\n".encode())
        finally:
            os._exit(1)
print("failed:", sum(os.wait()[1] != 0 for _ in range(50)))
"""
HOLD = "import devices, sys; lease = devices.Lease(1); print(lease.device.id, flush=True); sys.stdin.read()"


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Return a function that makes this a machine with a gc-info that prints what it is told, with PopTorch or not."""
    for name in ("IPU_PRETEND", "IPU_REQUIRED", "POPTORCH_IPU_MODEL"):
        monkeypatch.delenv(name, raising=False)

    def make(*, listing=None, poptorch=False, **variables):
        if listing is not None:
            (tmp_path / "listing").write_text(listing)
            (tmp_path / "gc-info").write_text(f'#!/bin/sh\ncat "{tmp_path}/listing"\n')
            (tmp_path / "gc-info").chmod(0o755)
            monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
        if poptorch:
            (tmp_path / "poptorch.py").write_text("raise ImportError('the SDK is not enabled')\n")
            monkeypatch.syspath_prepend(tmp_path)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return make


def test_documented_listing():
    assert devices.parse_listing(LISTING) == TABLE


def test_four_pretended_ipus_are_the_documented_four():
    assert devices.pretend(4) == TABLE


def test_listing_of_cards_in_the_machine():
    text = "Graphcore device listing:\n\n-+- Id: [0], target: [PCIe], PCI Domain: [3]\n"
    assert devices.parse_listing(text) == [(0, (0,))]


@pytest.mark.parametrize(
    ("garbled", "reason"),
    [
        (LISTING[: LISTING.rindex(" |---")], "device 6 of the IPUs [0, 1, 2]"),
        (LISTING[: LISTING.index("-+- Id: [6]") + 90], "device 6 of the IPUs [0]"),
        (LISTING.replace("-+- Id: [3]", "-+- Id: [x]"), "a line that cannot be: -+- Id: [x]"),
        (LISTING.replace("-+- Id: [6]", "-+- Id: [x]"), "a line that cannot be: -+- Id: [x]"),
        (LISTING.replace("DNC Id: [3]", "").replace("|--- Id: [3]", "|--- Id: []"), "cannot be: |--- Id: []"),
        (LISTING.replace("|--- Id: [1]", "|--- Id: [0]"), "device 4 of the IPUs [0, 0]"),
        (LISTING.replace("-+- Id: [5]", "-+- Id: [4]"), "a line that cannot be: -+- Id: [4]"),
        (LISTING[LISTING.index(" |---") :], "a line that cannot be: |--- Id: [0]"),
    ],
    ids=["truncated", "group of one", "unreadable", "group", "member", "member twice", "id twice", "no group"],
)
def test_group_that_cannot_be_is_refused(garbled, reason):
    with pytest.raises(DeviceError) as refused:
        devices.parse_listing(garbled)
    assert reason in str(refused.value)


def test_machine_without_anything(machine):
    machine()
    with pytest.raises(DeviceError, match=r"no gc-info\. IPU_PRETEND=4 pretends four"):
        devices.detect()


def test_pretending(machine):
    machine(IPU_PRETEND="4")
    assert devices.detect() == (devices.STAND_IN, TABLE)


def test_machine_with_ipus(machine):
    machine(listing=LISTING, IPU_PRETEND="8")
    assert devices.detect() == (devices.IPU, TABLE), "real ones go before pretended ones"


@pytest.mark.parametrize(
    "sdk", [{"listing": "Graphcore device listing:\n"}, {"poptorch": True}], ids=["tool", "library"]
)
def test_sdk_without_a_device_is_an_error_and_not_a_stand_in(machine, sdk):
    machine(**sdk, IPU_PRETEND="4")
    with pytest.raises(DeviceError, match="no IPU is found"):
        devices.detect()


def test_simulated_ipu_is_named_so_and_is_not_enough_where_an_ipu_is_required(machine):
    machine(listing=LISTING, POPTORCH_IPU_MODEL="1")
    assert devices.detect()[0] == devices.IPU_MODEL
    machine(IPU_REQUIRED="1")
    assert devices.detect() == (devices.IPU, TABLE), "there are real ones"
    machine(listing="")
    with pytest.raises(DeviceError, match="IPU_REQUIRED=1, and this machine has no IPU, only: ipu-model"):
        devices.detect()


@pytest.mark.parametrize("value", ["", "0"])
def test_nobody_asks_for_a_simulated_ipu(machine, value):
    machine(listing=LISTING, POPTORCH_IPU_MODEL=value)
    assert devices.detect() == (devices.IPU, TABLE)


@pytest.mark.parametrize("value", ["four", "-4", "1.5", "0", ""])
def test_pretended_number_that_is_none(machine, value):
    machine(IPU_PRETEND=value)
    with pytest.raises(DeviceError, match=rf"IPU_PRETEND=4 pretends four\. It is {value or 0}\.$"):
        devices.detect()


def test_gc_info_that_fails(machine, tmp_path):
    machine(listing=LISTING)
    (tmp_path / "gc-info").write_text("#!/bin/sh\nexit 3\n")
    with pytest.raises(DeviceError, match=r"no IPU is found: .* non-zero exit status 3"):
        devices.detect()


def test_gc_info_that_hangs(machine, tmp_path, monkeypatch):
    machine(listing=LISTING)
    (tmp_path / "gc-info").write_text("#!/bin/sh\nexec sleep 100\n")
    patience = []

    def hurry(command, *, timeout, **options):
        patience.append(timeout)
        return check_output(command, timeout=0.1, **options)

    check_output = subprocess.check_output
    monkeypatch.setattr(subprocess, "check_output", hurry)
    with pytest.raises(DeviceError, match=r"no IPU is found: .* timed out"):
        devices.detect()
    assert patience == [30]


def test_ipu_required_and_there_is_none(place):
    result = run(lesson_named("I1_devices"), place, IPU_REQUIRED="1")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.splitlines() == ["IPU_REQUIRED=1, and this machine has no IPU, only: cpu stand-in."]


def test_first_line_of_every_lesson_says_what_computes():
    lessons = [lesson for lesson in LESSONS if lesson.path.parent.name == "ipu"]
    assert len(lessons) == 5
    assert {lesson.expected[0] for lesson in lessons} == {
        "backend: cpu stand-in: this machine has no IPU, so PyTorch computes on its CPU"
    }


@pytest.fixture
def four(tmp_path, monkeypatch):
    """Pretend four IPUs, with locks of this test's own. Yield a function that leases some until the test ends."""
    monkeypatch.setenv("IPU_PRETEND", "4")
    monkeypatch.setenv("IPU_LEASES", str(tmp_path / "leases"))
    made = []

    def lease(count=1, patience=0):
        made.append(Lease(count, patience))
        return made[-1]

    yield lease
    for held in made:
        held.close()


@pytest.fixture
def start_holder(four):
    """Return a function that starts a process that holds an IPU, and returns it and the IPU."""
    pipe, environment = subprocess.PIPE, os.environ | {"PYTHONPATH": str(ROOT / "ipu")}
    started = []

    def start():
        command = [sys.executable, "-c", HOLD]
        started.append(subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment))
        return started[-1], int(started[-1].stdout.readline())

    yield start
    for holder in started:
        holder.kill()
        holder.communicate()


def test_fifty_processes_never_hold_the_same_ipu(four, tmp_path):
    environment = os.environ | {"PYTHONPATH": str(ROOT / "ipu")}
    script = [sys.executable, "-c", FIFTY]
    result = subprocess.run(script, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=100)
    assert (result.stdout.splitlines(), result.stderr) == (["failed: 0"], "")


def test_sigkill_frees_the_ipu(four, start_holder):
    holders = [start_holder() for _ in range(2)]
    assert [number for _, number in holders] == [0, 1]
    holders[0][0].send_signal(signal.SIGKILL)
    holders[0][0].wait()
    assert four().device.id == 0


def test_busy_devices_are_named_with_who_has_them(four, start_holder):
    holder, number = start_holder()
    held = four(1), four(2)
    with pytest.raises(DeviceError) as refused:
        four(1, patience=0.1)
    mine = f"(pid {os.getpid()})"
    assert str(refused.value) == (
        f"No device of 1 IPUs is free. In use: {number} (pid {holder.pid}), 1 {mine}, 2 {mine}, 3 {mine}."
    )
    assert [lease.device.id for lease in held] == [1, 5]


def test_child_that_inherits_the_lease_keeps_the_ipu_after_its_parent(four):
    lease = four()
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=lease.files)
    lease.close()
    assert four().device.id == 1, "the child has the first one"
    child.communicate(b"\n")
    assert four().device.id == 0


def test_groups_are_those_of_the_table(four):
    lease = four(4)
    assert lease.device == (6, (0, 1, 2, 3))
    lease.close()
    assert [four(2).device, four(2).device] == [(4, (0, 1)), (5, (2, 3))]


def test_two_free_ipus_may_form_no_device_and_the_attempt_keeps_none_of_them(four):
    leases = [four() for _ in range(4)]
    leases[1].close()
    leases[2].close()
    with pytest.raises(DeviceError) as refused:
        four(2, patience=0.1)
    pid = os.getpid()
    assert str(refused.value) == (
        f"No device of 2 IPUs is free. In use: 0 (pid {pid}), 3 (pid {pid}). Free, but no device: [1, 2]."
    )
    assert [four().device.id, four().device.id] == [1, 2]


@pytest.mark.parametrize("count", [3, 1.5, 8])
def test_lease_of_what_does_not_exist_fails_at_once(four, count):
    with pytest.raises(DeviceError, match=rf"No device of this machine has {count:g} IPUs\."):
        four(count, patience=60)


def test_failed_lease_has_no_device_and_leaves_the_locks_as_they_were(four, tmp_path, start_holder):
    held = four(4)
    before = {file.name: file.read_text() for file in (tmp_path / "leases").iterdir()}
    failed = Lease.__new__(Lease)
    with pytest.raises(DeviceError):
        failed.__init__(2, patience=0)
    assert (failed.device, failed.files) == (None, [])
    assert {file.name: file.read_text() for file in (tmp_path / "leases").iterdir()} == before
    held.close()


def test_report_where_nothing_is_in_use_any_more(four, monkeypatch):
    monkeypatch.setattr(Lease, "_take", lambda *_: False)  # as if each had been freed a moment later
    with pytest.raises(DeviceError, match=r"is free\. In use: none by now\.$"):
        four()


def test_device_that_is_freed_as_patience_ends_is_taken(four, monkeypatch):
    held = four(4)
    monkeypatch.setattr(devices.time, "sleep", lambda _: held.close())
    assert four(1).device.id == 0


def test_every_user_can_lock_whatever_the_umask(four, tmp_path):
    before = os.umask(0o077)
    try:
        four(4)
    finally:
        os.umask(before)
    folder = tmp_path / "leases"
    assert folder.stat().st_mode & 0o7777 == 0o1777
    assert [file.stat().st_mode & 0o777 for file in folder.iterdir()] == [0o666] * 4


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="takes two users")
def test_two_users_share_the_locks(monkeypatch):
    place = Place.make()
    try:
        place.folder.chmod(0o755)
        monkeypatch.setenv("IPU_PRETEND", "2")
        monkeypatch.setenv("IPU_LEASES", str(place.folder / "leases"))
        Lease(2).close()
        child = os.fork()
        if not child:
            try:
                os.setuid(65534)
                os._exit(Lease(2, patience=0).device.id)
            finally:
                os._exit(1)  # whatever happens, this copy of the tests ends here
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2
    finally:
        place.remove()


def test_folder_in_which_nobody_can_write_is_told(four, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "no" / "such"):
        monkeypatch.setenv("IPU_LEASES", str(folder))
        with pytest.raises(DeviceError, match=f"IPU_LEASES={folder} has to be a folder in which you can write: "):
            four()


def test_error_midway_releases_what_was_locked(four, monkeypatch):
    def fail(file, data):
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", fail)
        with pytest.raises(DeviceError, match="no space left") as failed:
            Lease(4)
    assert four(4).device.id == 6, failed  # which holds the lease, as long as it exists


def test_ray_of_others_needs_no_folder_for_leases(monkeypatch):
    joined = []
    monkeypatch.setattr(ray, "init", lambda **options: joined.append(options))
    monkeypatch.setattr(os, "environ", os.environ | {"RAY_ADDRESS": "somewhere", "IPU_PRETEND": "4"})
    os.environ.pop("IPU_LEASES", None)
    devices.start_ray()
    assert joined == [{"address": "somewhere", "resources": None}]
    assert "IPU_LEASES" not in os.environ
