"""The check of the exercises that ask to predict what Serve does."""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

from ray import serve

from exercises.checks.predictions import compare

QUIET = {"log_level": "CRITICAL"}  # some calls raise an error on purpose


def compare_served(answer, watch):
    """Serve all of an answer's apps, and compare its PREDICTED with what outcomes() gives for their handles."""
    with watch():
        if not watch.address:
            with watch.served(next(iter(answer.apps.values()))):
                pass  # Serve has been started, on a free port
        targets = [
            serve.RunTarget(app, name=name, route_prefix=None, logging_config=QUIET)
            for name, app in answer.apps.items()
        ]
        handles = serve.run_many(targets)
        try:
            compare(SimpleNamespace(PREDICTED=answer.PREDICTED, outcomes=lambda: answer.outcomes(*handles)))
        finally:
            with ThreadPoolExecutor() as threads:
                list(threads.map(serve.delete, answer.apps))
