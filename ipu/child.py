"""A process in another Python that computes for this one: both ends of the pipes between them.

Ray 2.60 needs Python 3.10 or newer, PopTorch 3.4 needs Python 3.8. So an actor on Ray's Python starts this file with
the SDK's Python, and they exchange plain bytes, which have no version: a header, a message as JSON, and an array as
NumPy writes it to files. Nothing is pickled.
"""

import contextlib
import ctypes
import io
import json
import os
import queue
import signal
import struct
import subprocess
import sys
import threading

import numpy as np

import devices

HEADER = struct.Struct(">4sIQ")  # MAGIC, bytes of the message, bytes of the array
MAGIC = b"IPU1"
MOST = 2**30  # bytes: more is no message of ours


class ChildError(RuntimeError):
    """The child has died, hangs, or talks nonsense. It has been killed."""


def pack(message, array=None):
    """Return the bytes of a dict that JSON can hold, and of an array or none. Raises ValueError at too many."""
    body, data = json.dumps(message).encode(), io.BytesIO()
    if array is not None:
        np.save(data, array, allow_pickle=False)
    if max(len(body), data.tell()) > MOST:
        raise ValueError(f"{data.tell()} bytes are too many for a message, which has {MOST} at most")
    return HEADER.pack(MAGIC, len(body), data.tell()) + body + data.getvalue()


def receive(stream):
    """Return what pack() has made at the other end. Raises EOFError where that is closed, ValueError at nonsense."""
    magic, of_message, of_array = HEADER.unpack(_read(stream, HEADER.size))
    if magic != MAGIC or of_message > MOST or of_array > MOST:
        raise ValueError(f"this is no message: {magic!r}")
    message, data = json.loads(_read(stream, of_message).decode()), _read(stream, of_array)
    if not isinstance(message, dict):
        raise ValueError(f"this message is no dict: {message!r}")
    return message, np.load(io.BytesIO(data), allow_pickle=False) if data else None


def _read(stream, size):
    data = stream.read(size)
    if len(data) < size:
        raise EOFError("the other end is closed")
    return data


class Child:
    """The parent's end."""

    def __init__(self, python, lease, script=__file__, patience=120):
        """Start a child, and wait until it has compiled.

        Args:
            python: The Python to start it with.
            lease: The Lease of the device that it uses. It holds it too: the device is free when both have ended.
            script: What it runs.
            patience: Seconds that it may take.
        """
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        files = [file.fileno() for file in lease.files]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            [python, script], stdin=pipe, stdout=pipe, env=environment, pass_fds=files, start_new_session=True
        )
        try:
            self.about, _ = self.call({"do": "compile", "device": lease.device}, patience=patience)
        except BaseException:
            self.kill()
            raise

    def call(self, message, array=None, patience=60):
        """Send a message, return the answer and its array.

        Raises IPUError where the child says that it failed, ChildError where it is of no use any more, and ValueError
        where the array is too large.
        """
        packed = pack(message, array)
        state, one_at_a_time = "waiting", threading.Lock()

        def give_up():
            nonlocal state
            with one_at_a_time:
                if state == "waiting":
                    state = "late"
                    self.kill()  # which ends what we wait for below

        hangs = threading.Timer(patience, give_up)
        hangs.start()
        try:
            self.process.stdin.write(packed)
            self.process.stdin.flush()
            answer, result = receive(self.process.stdout)
            with one_at_a_time:
                if state == "late":
                    raise EOFError
                state = "answered"
        except (OSError, EOFError, ValueError) as error:
            self.kill()
            for pipe in self.process.stdin, self.process.stdout:
                with contextlib.suppress(OSError):
                    pipe.close()
            if state == "late":
                raise ChildError(f"the child hung for {patience} s") from None
            if isinstance(error, ValueError):
                raise ChildError(f"the child talks nonsense: {error}") from None
            raise ChildError(f"the child died with exit code {self.process.returncode}") from None
        finally:
            hangs.cancel()
        if "failure" in answer:
            raise devices.IPUError(answer["failure"])
        return answer, result

    def kill(self):
        """End the child and what it may have started."""
        if self.process.returncode is None:  # so that the number is still its own
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def close(self):
        """Let the child end by itself."""
        try:
            self.process.communicate(timeout=10)  # which closes the pipe
        except subprocess.TimeoutExpired:
            self.kill()


def end_with_parent():
    """Have the kernel end this process when its parent ends, where the kernel is Linux."""
    if sys.platform == "linux":
        end_signal = 1  # PR_SET_PDEATHSIG
        ctypes.CDLL(None).prctl(end_signal, signal.SIGKILL)


def answer_requests(handle):
    """Answer what comes from the parent, until it closes the pipe or ends.

    Args:
        handle: A function that takes a message and an array or None, and returns the same.
    """
    end_with_parent()  # a device that does not return may keep the thread below from running
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # libraries print, and must not print among the answers
    requests = queue.Queue()

    def listen():
        try:
            while True:
                requests.put(receive(sys.stdin.buffer))
        finally:
            os._exit(0)  # the parent has closed the pipe, or talks nonsense

    threading.Thread(target=listen, daemon=True).start()
    while True:
        message, array = requests.get()
        try:
            answer = pack(*handle(message, array))
        except devices.IPUError as error:
            answer = pack({"failure": error.details})
        except Exception as error:  # it would not reach the parent otherwise
            answer = pack({"failure": devices.describe(error)})
        answers.write(answer)
        answers.flush()


def main():
    """Compile the classifier, and classify what comes."""
    models = []  # the one, once it is compiled

    def handle(message, images):
        if message["do"] == "compile":
            import backend  # here, since the parent's Python may have no PopTorch, and failing is an answer
            from classifier import Classifier

            number, ipus = message["device"]
            models[:] = [Classifier(devices.Device(number, tuple(ipus)))]
            return {"backend": backend.NAME, "python": sys.version.split()[0]}, None
        return {}, models[0].predict(images)

    answer_requests(handle)


if __name__ == "__main__":
    main()
