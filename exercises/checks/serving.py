"""How checks serve an answer, and the check of the exercises that ask to predict what Serve does."""

import contextlib
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

from ray import serve

from exercises.checks.predictions import compare
from tests.support.places import free_port

QUIET = {"log_level": "CRITICAL"}  # some calls raise an error on purpose


def start_serve(watch):
    """Start Serve on a free port, unless it runs, and note its address."""
    if not watch.address:
        port = free_port()
        serve.start(http_options={"host": "127.0.0.1", "port": port}, logging_config=QUIET)
        watch.address = f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def served(app, watch):
    """Serve an application, yield its address, which ends without a slash, and take it down."""
    with watch():
        start_serve(watch)
        serve.run(app, name="answer", route_prefix="/answer", logging_config=QUIET)
        try:
            yield f"{watch.address}/answer"
        finally:
            serve.delete("answer")


def compare_served(answer, watch):
    """Compare an answer's PREDICTED with what outcomes() gives for the handles of its apps, all of them served."""

    def outcomes():
        start_serve(watch)
        targets = [
            serve.RunTarget(app, name=name, route_prefix=None, logging_config=QUIET)
            for name, app in answer.apps.items()
        ]
        handles = serve.run_many(targets)
        try:
            return answer.outcomes(*handles)
        finally:
            with ThreadPoolExecutor() as threads:
                list(threads.map(serve.delete, answer.apps))

    with watch():
        compare(SimpleNamespace(PREDICTED=answer.PREDICTED, outcomes=outcomes))
