"""A process in another Python that computes for this one: both ends of the pipes between them.

Ray 2.60 needs Python 3.10 or newer, PopTorch 3.4 needs Python 3.8. So an actor on Ray's Python starts this file with
the SDK's Python, and they exchange plain bytes, which have no version: a header, a message as JSON, and an array as
NumPy writes it to files. Nothing is pickled.
"""

import contextlib
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


def send(stream, message, array=None):
    """Write a dict that JSON can hold, and an array or none."""
    body, data = json.dumps(message).encode(), io.BytesIO()
    if array is not None:
        np.save(data, array, allow_pickle=False)
    stream.write(HEADER.pack(MAGIC, len(body), data.tell()) + body + data.getvalue())
    stream.flush()


def receive(stream):
    """Return what send() has written at the other end. Raises EOFError where that is closed, ValueError at nonsense."""
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

        Raises IPUError where the child says that it failed, and ChildError where it is no use any more.
        """
        late = threading.Event()

        def give_up():
            late.set()
            self.kill()  # which ends what we wait for below

        hangs = threading.Timer(patience, give_up)
        hangs.start()
        try:
            send(self.process.stdin, message, array)
            answer, result = receive(self.process.stdout)
        except (OSError, EOFError, ValueError) as error:
            self.kill()
            if late.is_set():
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
        if self.process.returncode is None:  # so that the number is still his
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def close(self):
        """Let the child end by itself."""
        try:
            self.process.communicate(timeout=10)  # which closes the pipe
        except subprocess.TimeoutExpired:
            self.kill()


def answer_requests(handle):
    """Answer what comes from the parent, until it closes the pipe or ends.

    Args:
        handle: A function that takes a message and an array or None, and returns the same.
    """
    answers = os.fdopen(os.dup(1), "wb")
    requests: queue.Queue = queue.Queue()
    os.dup2(2, 1)  # libraries print, and must not print among the answers

    def listen():
        # In a thread of its own, which sees the parent's end even while the device does not return.
        try:
            while True:
                requests.put(receive(sys.stdin.buffer))
        except EOFError:
            os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    while True:
        message, array = requests.get()
        try:
            answer, result = handle(message, array)
        except devices.IPUError as error:
            answer, result = {"failure": error.details}, None
        except Exception as error:  # it would not reach the parent otherwise
            answer, result = {"failure": devices.describe(error)}, None
        send(answers, answer, result)


def main():
    """Compile the classifier, and classify what comes."""
    import backend  # here, since the parent's Python has no PopTorch
    from classifier import Classifier

    models: list = []  # the one, once it is compiled

    def handle(message, images):
        if message["do"] == "compile":
            number, ipus = message["device"]
            models[:] = [Classifier(devices.Device(number, tuple(ipus)))]
            return {"backend": backend.NAME, "python": sys.version.split()[0]}, None
        return {"backend": backend.NAME}, models[0].predict(images)

    answer_requests(handle)


if __name__ == "__main__":
    main()
