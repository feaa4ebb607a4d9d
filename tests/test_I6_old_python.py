"""The child process: what goes through the pipes, and what becomes of one that dies, hangs or talks nonsense."""

import io
import os
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest

import child
from child import Child, ChildError
from devices import IPUError, Lease
from tests.support.places import run
from tools.lessons import ROOT, lesson_named

# A child without torch: it doubles arrays, and does what else it is told.
DOUBLER = """
import ctypes, os, sys, time
sys.path.insert(0, {ipu!r})
import child, devices

def handle(message, array):
    if message["do"] == "compile":
        return {{"pid": os.getpid(), "device": message["device"]}}, None
    if message["do"] == "print":
        print("a library says hello", flush=True)
        os.write(1, b"and so does C")
    if message["do"] == "hang":
        time.sleep(600)
    if message["do"] == "hold the lock of Python":
        ctypes.PyDLL(None).sleep(600)
    if message["do"] == "die":
        os._exit(3)
    if message["do"] == "talk":
        os.write(child_answers, b"x" * 1000)
    if message["do"] == "stop short":
        os.write(child_answers, child.HEADER.pack(child.MAGIC, 1000, 0) + b"half")
        os._exit(0)
    if message["do"] == "boast":
        os.write(child_answers, child.HEADER.pack(child.MAGIC, 2**31, 2**63))
    if message["do"] == "fail":
        raise devices.IPUError({{"error": "RecoverableError", "message": "", "recovery_action": "IPU_RESET"}})
    if message["do"] == "blunder":
        return {{}}["missing"], None
    return {{}}, None if array is None else array * 2

child_answers = os.dup(1)
child.answer_requests(handle)
"""


@pytest.fixture
def lease(tmp_path, monkeypatch):
    """Hold a pretended IPU."""
    monkeypatch.setenv("IPU_PRETEND", "4")
    monkeypatch.setenv("IPU_LEASES", str(tmp_path))
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


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3, 4), (8, 3, 224, 224)])
@pytest.mark.parametrize("kind", ["float32", "int64", "bool"])
def test_what_is_sent_is_received(shape, kind):
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(kind)
    message, received = child.receive(io.BytesIO(child.pack({"do": "predict", "text": "é"}, array)))
    assert message == {"do": "predict", "text": "é"}
    assert received.dtype == array.dtype
    assert np.array_equal(received, array)


def test_message_without_an_array():
    assert child.receive(io.BytesIO(child.pack({"do": "nothing"}))) == ({"do": "nothing"}, None)


def test_objects_are_not_pickled():
    with pytest.raises(ValueError, match="allow_pickle"):
        child.pack({}, np.array([object()]))


def test_message_that_is_too_large_is_refused_before_it_is_sent(doubler, monkeypatch):
    monkeypatch.setattr(child, "MOST", 1000)
    with pytest.raises(ValueError, match="too many for a message"):
        doubler.call({"do": "double"}, np.ones(1000))
    assert doubler.call({"do": "double"}, np.ones(1))[1].tolist() == [2]


def test_child_ends_at_nonsense_from_its_parent(doubler):
    doubler.process.stdin.write(b"x" * 1000)
    doubler.process.stdin.flush()
    assert doubler.process.wait(timeout=10) == 0


@pytest.mark.parametrize(
    ("received", "error"),
    [
        (b"", EOFError),
        (b"IPU", EOFError),
        (b"Warning: something is wrong with the driver\n", ValueError),
        (child.HEADER.pack(child.MAGIC, 10, 0) + b"half", EOFError),
        (child.HEADER.pack(child.MAGIC, 2**31, 0), ValueError),
        (child.HEADER.pack(child.MAGIC, 4, 0) + b"null", ValueError),
        (child.HEADER.pack(child.MAGIC, 4, 0) + b"{{{{", ValueError),
        (child.HEADER.pack(child.MAGIC, 2, 4) + b"{}none", ValueError),
    ],
)
def test_nonsense_is_told_from_an_end(received, error):
    with pytest.raises(error):
        child.receive(io.BytesIO(received))


def test_child_answers_again_and_again(doubler):
    assert doubler.about["device"] == [0, [0]]
    for number in range(20):
        _, doubled = doubler.call({"do": "double"}, np.full((number, 1000), number))
        assert np.array_equal(doubled, np.full((number, 1000), 2 * number))


def test_what_libraries_print_does_not_mix_with_the_answers(doubler):
    _, doubled = doubler.call({"do": "print"}, np.ones(3))
    assert doubled.tolist() == [2, 2, 2]


@pytest.mark.parametrize(
    ("does", "reason"),
    [
        ("die", "the child died with exit code 3"),
        ("stop short", "the child died with exit code"),
        ("hang", "the child hung for 0.5 s"),
        ("talk", "the child talks nonsense"),
        ("boast", "the child talks nonsense"),
    ],
)
def test_useless_child_is_told_and_ended_and_another_takes_its_place(doubler, script, lease, does, reason):
    with pytest.raises(ChildError, match=reason):
        doubler.call({"do": does}, patience=0.5 if does == "hang" else 20)
    assert doubler.process.poll() is not None
    again = Child(sys.executable, lease, script)
    assert again.call({"do": "double"}, np.ones(1))[1].tolist() == [2]
    again.close()


def test_stopped_child_that_does_not_read_hangs_nobody(doubler):
    os.kill(doubler.process.pid, signal.SIGSTOP)
    with pytest.raises(ChildError, match="hung"):
        doubler.call({"do": "double"}, np.ones(10_000_000), patience=0.5)


def test_failure_of_the_device_arrives_whole_and_the_child_goes_on(doubler):
    with pytest.raises(IPUError) as failed:
        doubler.call({"do": "fail"})
    assert failed.value.details["recovery_action"] == "IPU_RESET"
    assert doubler.call({"do": "double"}, np.ones(1))[1].tolist() == [2]


def test_mistake_in_the_child_arrives_as_text_and_the_child_goes_on(doubler):
    with pytest.raises(IPUError, match="KeyError: 'missing'"):
        doubler.call({"do": "blunder"})
    assert doubler.call({"do": "double"}, np.ones(1))[1].tolist() == [2]


def test_child_ends_when_its_pipe_is_closed(doubler):
    doubler.close()
    assert doubler.process.returncode == 0


def test_child_that_cannot_start_is_told(lease, tmp_path):
    with pytest.raises(ChildError, match="the child died with exit code 2"):
        Child(sys.executable, lease, tmp_path / "missing.py")


@pytest.mark.parametrize("does", ["double", "hang", "hold the lock of Python"])
def test_child_ends_after_a_parent_that_was_killed_and_the_device_is_free_then(script, tmp_path, monkeypatch, does):
    monkeypatch.setenv("IPU_PRETEND", "1")
    monkeypatch.setenv("IPU_LEASES", str(tmp_path))
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
    time.sleep(0.3)
    process.kill()
    process.communicate()
    gone, _ = psutil.wait_procs([orphan], timeout=10)
    assert gone == [orphan]
    Lease(1, patience=1).close()


def test_wrapper_that_finds_another_machine_is_one_clear_line(place, tmp_path):
    (tmp_path / "gc-info").write_text("#!/bin/sh\necho '-+- Id: [0], target: [PCIe]'\n")
    (tmp_path / "poptorch.py").touch()
    (tmp_path / "python").write_text(f'#!/bin/sh\nPATH={tmp_path}:$PATH PYTHONPATH={tmp_path} {sys.executable} "$@"\n')
    for name in "gc-info", "python":
        (tmp_path / name).chmod(0o755)
    lesson = lesson_named("I6_old_python")
    result = run(lesson, place, IPU_PYTHON=str(tmp_path / "python"))
    assert result.returncode == 1
    assert "Ray's Python finds 'cpu stand-in' here, IPU_PYTHON something else" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_python_that_is_not_there_is_one_clear_line(place):
    lesson = lesson_named("I6_old_python")
    result = run(lesson, place, IPU_PYTHON="/no/such/python")
    assert result.returncode == 1
    assert result.stderr.splitlines() == ["IPU_PYTHON=/no/such/python cannot be started: No such file or directory"]
