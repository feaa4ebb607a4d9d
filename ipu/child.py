"""A process in another Python that computes for this one: both ends of the pipes between them.

A message is a line of JSON, plus an array in NumPy's file format. A pickle would need the same classes at both ends.
"""

import contextlib
import ctypes
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
from PIL import Image

from devices import Device
from errors import IPUError, describe


class ChildError(RuntimeError):
    """The child died, hung, or sent garbage. It has been killed."""


def pack(message, array=None):
    """Return the bytes of a dict, and of an array if there is one."""
    data = io.BytesIO()
    if array is not None:
        np.save(data, array, allow_pickle=False)
    return json.dumps({**message, "bytes": data.tell()}).encode() + b"\n" + data.getvalue()


def receive(stream):
    """Return what pack() was given at the other end. Raises EOFError if that is closed."""
    line = stream.readline()
    if not line.endswith(b"\n"):
        raise EOFError
    message = json.loads(line)
    size = message.pop("bytes")
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return message, np.load(io.BytesIO(data), allow_pickle=False) if data else None


class Child:
    """The parent's end."""

    def __init__(self, python, lease, script=__file__):
        """Start a child that compiles for a Lease's device and holds it too, until both have ended."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        pipe = subprocess.PIPE
        command = [python, script, str(os.getpid())]
        self.process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, env=environment, pass_fds=lease.files, start_new_session=True
        )
        try:
            self.about, _ = self.call({"device": lease.device}, patience=120)
        except BaseException:
            self.kill()
            raise

    def call(self, message, array=None, patience=60):
        """Send a message, return the answer and its array. Raises IPUError if the child reports a failure."""
        packed = pack(message, array)
        deadline = time.monotonic() + patience
        watchdog = threading.Timer(patience, self.kill)  # which ends the waiting below
        watchdog.start()
        try:
            self.process.stdin.write(packed)
            self.process.stdin.flush()
            answer, result = receive(self.process.stdout)
        except BaseException as error:  # a broken child can send anything
            self.kill()
            if not isinstance(error, Exception):
                raise
            if time.monotonic() >= deadline:
                raise ChildError(f"the child hung for {patience} s") from None
            if isinstance(error, (EOFError, BrokenPipeError)):
                raise ChildError(f"the child died with exit code {self.process.returncode}") from None
            raise ChildError(f"the child talks nonsense: {error}") from None
        finally:
            watchdog.cancel()
        if "failure" in answer:
            raise IPUError(answer["failure"])
        return answer, result

    def kill(self):
        """End the child and what it has started."""
        if self.process.poll() is None:  # otherwise another process may have this pid by now
            with contextlib.suppress(ProcessLookupError):  # the timer's thread got there first
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def answer_requests(handle):
    """Answer the parent with what handle(message, array) returns, until the parent ends."""
    if sys.platform == "linux":
        # PR_SET_PDEATHSIG, 1: the kernel ends this process, busy or not, with the thread that started it.
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
        if os.getppid() != int(sys.argv[1]):
            sys.exit("the parent has ended already")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # so that libraries do not print among the answers
    with contextlib.suppress(EOFError):
        while True:
            message, array = receive(sys.stdin.buffer)
            try:
                answer = pack(*handle(message, array))
            except Exception as error:  # it would not reach the parent otherwise
                answer = pack({"failure": describe(error)})
            answers.write(answer)
            answers.flush()


def main():
    """Compile the classifier, and classify incoming pictures."""
    classifier = None

    def handle(message, picture):
        nonlocal classifier
        if classifier:
            return {}, classifier.predict([Image.fromarray(picture)])
        import backend  # here, so that the parent learns why it fails
        from classifier import Classifier

        classifier = Classifier(Device(*message["device"]))
        return {"backend": backend.NAME, "python": sys.version.split()[0]}, None

    answer_requests(handle)


if __name__ == "__main__":
    main()
