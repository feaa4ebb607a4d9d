"""Which devices a machine has: what gc-info lists, what is pretended, and what is refused."""

import os
import subprocess
import sys

import pytest
import ray

import devices
import I1_devices
from tests.support.places import run
from tools.lessons import LESSONS, ROOT

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
IPU_LESSONS = [lesson for lesson in LESSONS if lesson.path.parent.name == "ipu"]
POPTORCH = "raise ImportError('the SDK is not enabled')\n"


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Return a function that makes this a machine with a gc-info that prints what it is told, with PopTorch or not."""
    for name in ("IPU_PRETEND", "IPU_REQUIRED", "POPTORCH_IPU_MODEL"):
        monkeypatch.delenv(name, raising=False)

    def make(*, listing=None, code=0, poptorch=False, **variables):
        if listing is not None:
            (tmp_path / "listing").write_text(listing)
            (tmp_path / "gc-info").write_text(f'#!/bin/sh\ncat "{tmp_path}/listing"\nexit {code}\n')
            (tmp_path / "gc-info").chmod(0o755)
            monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
        if poptorch:
            (tmp_path / "poptorch.py").write_text(POPTORCH)
            monkeypatch.syspath_prepend(tmp_path)
            monkeypatch.setenv("PYTHONPATH", str(tmp_path))
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
        ("Segmentation fault", "not known here: 'Segmentation fault'"),
        ("-+- Id: [x], target: [Fabric]", "not known here"),
        (" |--- Id: [0], DNC Id: [0]", "not known here"),
        ("-+- Id: [0], target: [Fabric]\n |--- Id: [0], DNC Id: [0]", "not known here"),
        ("-+- Id: [0], target: [Fabric]\n-+- Id: [0], target: [Fabric]", "lists device 0 twice"),
        (LISTING[: LISTING.index("-+- Id: [6]") + 90], "device 6 of the IPUs [0], which cannot be"),
        (
            LISTING.replace(" |--- Id: [3], DNC Id: [3]", " |--- Id: [9], DNC Id: [3]"),
            "device 6 of the IPUs [0, 1, 2, 9]",
        ),
        (LISTING[: LISTING.rindex(" |---")], "device 6 of the IPUs [0, 1, 2], which cannot be"),
    ],
)
def test_garbled_listing_is_refused(garbled, reason):
    with pytest.raises(devices.DeviceError) as refused:
        devices.parse_listing(garbled)
    assert reason in str(refused.value)


def test_machine_without_anything(machine):
    machine()
    with pytest.raises(devices.DeviceError, match=r"no gc-info\. IPU_PRETEND=4 pretends"):
        devices.detect()


@pytest.mark.parametrize("number", ["3", "0", "many", "-4"])
def test_pretending_a_machine_that_does_not_exist(machine, number):
    machine(IPU_PRETEND=number)
    with pytest.raises(devices.DeviceError, match="IPU_PRETEND="):
        devices.detect()


def test_pretending(machine):
    machine(IPU_PRETEND="4")
    assert devices.detect() == (devices.STAND_IN, TABLE)


def test_machine_with_ipus(machine):
    machine(listing=LISTING, IPU_PRETEND="8")
    assert devices.detect() == (devices.IPU, TABLE), "what is real goes before what is pretended"


def test_sdk_without_a_device_is_an_error_and_not_a_stand_in(machine):
    machine(listing="Graphcore device listing:\n", IPU_PRETEND="4")
    with pytest.raises(devices.DeviceError, match="no IPU is found"):
        devices.detect()


def test_poptorch_without_gc_info_is_an_error_and_not_a_stand_in(machine):
    machine(poptorch=True, IPU_PRETEND="4")
    with pytest.raises(devices.DeviceError, match="no IPU is found"):
        devices.detect()


def test_ipu_model(machine):
    machine(poptorch=True, POPTORCH_IPU_MODEL="1")
    assert devices.detect()[0] == devices.IPU_MODEL


def test_ipu_model_is_no_ipu(machine):
    machine(poptorch=True, POPTORCH_IPU_MODEL="1", IPU_REQUIRED="1")
    with pytest.raises(devices.DeviceError):
        devices.detect()


def test_gc_info_that_fails(machine):
    machine(listing="cannot reach the partition", code=1)
    with pytest.raises(devices.DeviceError, match="gc-info -l failed: cannot reach the partition"):
        devices.detect()


def test_ipus_in_a_python_without_poptorch(machine):
    machine(listing=LISTING)
    result = subprocess.run([sys.executable, devices.__file__], capture_output=True, text=True)
    assert result.returncode == 1
    assert "this Python has no PopTorch. ipu/I6_old_python.py" in result.stderr


def test_poptorch_that_cannot_be_imported(machine):
    machine(listing=LISTING, poptorch=True)
    script = [sys.executable, "-c", "import backend"]
    result = subprocess.run(script, capture_output=True, text=True, cwd=ROOT / "ipu")
    assert "DeviceError: PopTorch cannot be imported: the SDK is not enabled" in result.stderr


@pytest.mark.parametrize("script", IPU_LESSONS, ids=str)
def test_ipu_required_and_there_is_none(script, place):
    result = run(script, place, IPU_REQUIRED="1")
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "IPU_REQUIRED=1, and this machine has no IPU: there is no gc-info. Unset it to see a stand-in."
    ]


def test_every_line_of_the_lessons_says_what_computed():
    assert len(IPU_LESSONS) == 6
    for lesson in IPU_LESSONS:
        assert [line for line in lesson.expected if devices.STAND_IN not in line] == []
        assert lesson.expected[0].startswith("backend: ")


@pytest.mark.parametrize("count", [3, 1.5, 0, -1])
def test_request_of_what_is_no_device(count, ray_here):
    with pytest.raises(devices.DeviceError, match=r"IPUs form no device\. Ask for 1, 2, 4, 8"):
        devices.request(count)


def test_request_of_more_than_a_node_has(ray_here):
    with pytest.raises(devices.DeviceError, match=r"No node of this cluster has 8 IPUs\. The largest has 4"):
        devices.request(8)
    assert devices.request(4) == {"IPU": 4}


def test_script_with_an_sdk_and_no_device_is_one_clear_line(machine, place):
    machine(listing="Graphcore device listing:\n")
    result = run(IPU_LESSONS[2], place)
    assert (result.returncode, result.stdout) == (1, "")
    assert "no IPU is found. Is your partition active?" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_script_with_busy_devices_is_one_clear_line(place, tmp_path, monkeypatch):
    monkeypatch.setenv("IPU_PRETEND", "1")
    monkeypatch.setenv("IPU_LEASES", str(tmp_path))
    with devices.Lease(1):
        result = run(IPU_LESSONS[2], place)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.splitlines() == [f"No device of 1 IPUs is free. In use: 0 (pid {os.getpid()})."]


def test_others_on_the_cluster_have_the_ipus(ray_here):
    holder = I1_devices.Holder.options(resources={"IPU": 3}).remote()
    ray.get(holder.knows.remote())
    with pytest.raises(SystemExit, match="Others on this cluster use its IPUs: 1 are free, 4 are needed"):
        devices.require(4, patience=0.5)
    ray.kill(holder)
    devices.require(4)
