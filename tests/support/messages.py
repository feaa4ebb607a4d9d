"""What the tests of messages share: what an error, a warning or a whole script says, and whether a message is in it."""

import contextlib
import functools
import logging
import re
import warnings

import pytest
import ray
from ray import serve

from tests.support.places import Place, run
from tools.lessons import Lesson


@functools.cache
def logs(script, **options):
    """Return all that a script writes to the terminal. Options: those of run()."""
    place = Place.make()
    try:
        path = place.folder / "script.py"
        path.write_text(script)
        result = run(Lesson(path), place, **options)
        return result.stdout + result.stderr
    finally:
        place.remove()


def error_of(action):
    """Return the text of the error that an action ends with."""
    with pytest.raises(Exception) as raised:  # noqa: PT011, since the text is what is tested
        action()
    return str(raised.value)


@serve.deployment
class Greeting:
    """Greets."""

    def __call__(self):
        """Return a greeting."""
        return "hello"


def get_answer_of_serve():
    """Treat an answer of Serve as a reference."""
    handle = serve.run(Greeting.bind(), name="greeting", route_prefix="/greeting")
    try:
        ray.get(handle.remote())
    finally:
        serve.delete("greeting")


class _Kept(logging.Handler):
    """Keeps what is logged."""

    def __init__(self):
        super().__init__()
        self.lines = []

    def emit(self, record):
        """Keep a line."""
        self.lines.append(record.getMessage())


def warnings_of(action):
    """Return what Ray warns of, or logs, while an action runs in this process, a line each, with the kind of warning.

    The action has to succeed.
    """
    kept = _Kept()
    with warnings.catch_warnings(record=True) as caught, contextlib.ExitStack() as after:
        warnings.simplefilter("always")
        for logger in map(logging.getLogger, ["ray", "ray.data"]):  # that of Ray Data passes nothing on to Ray's
            logger.addHandler(kept)
            after.callback(logger.removeHandler, kept)
        action()
    lines = [f"{warning.category.__name__}: {warning.message}" for warning in caught]
    return "\n".join(line.replace("\n", " ") for line in lines + kept.lines)


def says(message, text):
    """Tell whether a message of a table stands in a text. `...` in the message is anything."""
    return re.search(re.escape(message).replace(r"\.\.\.", ".+"), text)
