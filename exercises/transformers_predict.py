"""Before you run the file, predict which requests share a batch.

Task:  Predict the result of each step of outcomes() and write it into PREDICTED as a Python value. Only then run this
       file and compare.
Check: make exercises ONLY=transformers_predict
Look:  serve_transformers.py, SentimentAnalysis
Time:  8 minutes
"""

import ray
from ray import serve

PREDICTED = {"one by one": None, "one is empty": None, "four at once": None, "two at a time": None}  # TODO
QUIET = {"log_level": "CRITICAL"}


@serve.deployment(ray_actor_options={"num_cpus": 0.1})
class Labels:
    """Labels texts."""

    @serve.batch(max_batch_size=4, batch_wait_timeout_s=1)
    async def __call__(self, texts):
        """Return each text with the number of texts in the batch. Raise ValueError if one is empty."""
        if "" in texts:
            raise ValueError("a text is empty")
        return [f"{text}{len(texts)}" for text in texts]


apps = {"labels": Labels.bind(), "narrow": Labels.options(max_ongoing_requests=2).bind()}


def ask(handle, texts):
    """Send all texts at once. Return the answers in the order of the texts, with "error" for each that failed."""
    answers = []
    for response in [handle.remote(text) for text in texts]:
        try:
            answers.append(response.result())
        except ValueError:
            answers.append("error")
    return answers


def outcomes(labels, narrow):
    """Return the results of the four steps."""
    return {
        "one by one": ask(labels, ["a"]) + ask(labels, ["b"]),
        "one is empty": ask(labels, ["a", "", "c", "d"]),
        "four at once": ask(labels, ["a", "b", "c", "d"]),
        "two at a time": ask(narrow, ["a", "b", "c", "d"]),
    }


if __name__ == "__main__":
    ray.init(address="local")
    serve.start(proxy_location="Disabled", logging_config=QUIET)  # handles need no HTTP
    handles = [serve.run(app, name=name, route_prefix=None, logging_config=QUIET) for name, app in apps.items()]
    print(outcomes(*handles))
