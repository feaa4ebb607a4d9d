"""The child process: what goes through the pipes, and what happens to one that dies, hangs or talks nonsense."""

import io
import os
import signal
import subprocess
import sys

import numpy as np
import psutil
import pytest

import child
from child import Child, ChildError
from devices import DeviceError, Lease
from errors import IPUError
from tools.lessons import ROOT

# A child without torch: it doubles arrays, and does what else it is told.
DOUBLER = """
import ctypes, os, sys, time
sys.path.insert(0, {ipu!r})
import child, errors

def handle(message, array):
    match message.get("do"):
        case "print":
            print("a library says hello", flush=True)
            os.write(1, b"and so does C")
        case "hang":
            time.sleep(600)
        case "hold the lock of Python":
            ctypes.PyDLL(None).sleep(600)
        case "die":
            os._exit(3)
        case "talk":
            os.write(answers, b"The Poplar SDK is enabled.\\n")
        case "stop short":
            os.write(answers, b'{{"bytes": 1000}}\\nhalf')
            os._exit(0)
        case "fail":
            raise errors.IPUError({{"error": "RecoverableError", "message": "", "recovery_action": "IPU_RESET"}})
        case "blunder":
            return {{}}["missing"], None
    return {{"pid": os.getpid(), "told": message}}, None if array is None else array * 2

answers = os.dup(1)
child.answer_requests(handle)
"""


@pytest.fixture
def lease(tmp_path, monkeypatch):
    """Hold the only pretended IPU."""
    monkeypatch.setenv("IPU_PRETEND", "1")
    monkeypatch.setenv("IPU_LEASES", str(tmp_path / "leases"))
    held = Lease(1)
    yield held
    held.close()


@pytest.fixture
def script(tmp_path):
    """Return the path of the doubler."""
    path = tmp_path / "doubler.py"
    path.write_text(DOUBLER.format(ipu=str(ROOT / "ipu")))
    return path


@pytest.fixture
def doubler(script, lease):
    """Yield a child that doubles."""
    made = Child(sys.executable, lease, script)
    yield made
    made.kill()


def doubles(doubler):
    """Tell whether a child works."""
    return doubler.call({}, np.ones(2))[1].tolist() == [2, 2]


@pytest.mark.parametrize("shape", [(), (0,), (8, 3, 224, 224)])
@pytest.mark.parametrize("kind", ["float32", "uint8"])
def test_what_is_sent_is_received(shape, kind):
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(kind)
    message, received = child.receive(io.BytesIO(child.pack({"text": "é\n"}, array)))
    assert message == {"text": "é\n"}
    assert received.dtype == array.dtype
    assert np.array_equal(received, array)


def test_nothing_is_pickled():
    with pytest.raises(ValueError, match="allow_pickle"):
        child.pack({}, np.array([object()]))


def test_child_answers_again_and_again(doubler):
    assert doubler.about["told"] == {"device": [0, [0]]}
    for number in range(20):
        _, doubled = doubler.call({}, np.full((number, 1000), number))
        assert np.array_equal(doubled, np.full((number, 1000), 2 * number))


def test_what_libraries_print_does_not_mix_with_the_answers(doubler):
    assert doubler.call({"do": "print"}, np.ones(1))[1].tolist() == [2]
    assert doubles(doubler)


@pytest.mark.parametrize(
    ("does", "reason"),
    [
        ("die", "the child died with exit code 3"),
        ("stop short", "the child died with exit code 0"),
        ("hang", "the child hung for 0.5 s"),
        ("talk", "the child talks nonsense"),
    ],
)
def test_useless_child_is_told_and_ended_and_another_takes_its_place(doubler, script, lease, does, reason):
    with pytest.raises(ChildError, match=reason):
        doubler.call({"do": does}, patience=0.5 if does == "hang" else 20)
    assert not psutil.pid_exists(doubler.about["pid"])
    again = Child(sys.executable, lease, script)
    assert doubles(again)
    again.kill()


def test_stopped_child_that_does_not_read_hangs_nobody(doubler):
    os.kill(doubler.process.pid, signal.SIGSTOP)
    with pytest.raises(ChildError, match="hung"):
        doubler.call({}, np.ones(10_000_000), patience=0.5)


def test_failure_of_the_device_arrives_whole_and_the_child_goes_on(doubler):
    with pytest.raises(IPUError) as failed:
        doubler.call({"do": "fail"})
    assert failed.value.args == ({"error": "RecoverableError", "message": "", "recovery_action": "IPU_RESET"},)
    assert doubles(doubler)


def test_mistake_in_the_child_arrives_as_text_and_the_child_goes_on(doubler):
    with pytest.raises(IPUError, match="KeyError: 'missing'"):
        doubler.call({"do": "blunder"})
    assert doubles(doubler)


@pytest.mark.parametrize("does", ["double", "hold the lock of Python"])
def test_child_of_a_killed_parent_ends_and_its_device_is_free(script, tmp_path, monkeypatch, does):
    monkeypatch.setenv("IPU_PRETEND", "1")
    monkeypatch.setenv("IPU_LEASES", str(tmp_path / "leases"))
    parent = f"""
import sys
from child import Child
from devices import Lease
child = Child(sys.executable, Lease(1), {str(script)!r})
print(child.about["pid"], flush=True)
child.call({{"do": {does!r}}})
sys.stdin.read()
"""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "ipu")}
    pipe = subprocess.PIPE
    process = subprocess.Popen([sys.executable, "-c", parent], stdin=pipe, stdout=pipe, text=True, env=environment)
    orphan = psutil.Process(int(process.stdout.readline()))
    with pytest.raises(DeviceError, match="is free"):
        Lease(1, patience=0.3)
    process.kill()
    process.communicate()
    gone, _ = psutil.wait_procs([orphan], timeout=10)
    assert gone == [orphan]
    Lease(1, patience=1).close()


def test_device_of_an_orphan_is_not_free(doubler, lease):
    lease.close()
    with pytest.raises(DeviceError, match="is free"):
        Lease(1, patience=0)
    doubler.kill()
    Lease(1, patience=1).close()


def test_child_that_finds_no_ipu_where_its_parent_has_one_is_no_stand_in(lease, monkeypatch):
    monkeypatch.delenv("IPU_PRETEND")  # as on a machine with gc-info, which the wrapper of the other Python hides
    with pytest.raises(IPUError, match="DeviceError: This machine has no IPU"):
        Child(sys.executable, lease)
    assert not [process for process in psutil.Process().children() if child.__file__ in process.cmdline()]


def test_interrupted_exchange_ends_the_child(doubler, monkeypatch):
    def interrupt(stream):
        raise KeyboardInterrupt

    monkeypatch.setattr(child, "receive", interrupt)
    with pytest.raises(KeyboardInterrupt):
        doubler.call({})
    assert not psutil.pid_exists(doubler.about["pid"])


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
def test_child_whose_parent_has_ended_before_it_starts_ends(script):
    command = [sys.executable, str(script), "0"]  # no parent of anything
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as orphan:
        assert orphan.stderr.read().endswith("the parent has ended already\n")
