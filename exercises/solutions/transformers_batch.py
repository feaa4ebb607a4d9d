"""Let many requests share a call to the model.

Task:  When 32 requests arrive at once, each calls the model with one text, although a call with many texts takes no
       longer. Change the file so that Serve collects texts for up to half a second, and the model is called at most
       five times.
Check: make exercises ONLY=transformers_batch
Look:  serve_transformers.py, gather()
Time:  10 minutes
"""

import asyncio

import ray
from ray import serve

QUIET = {"log_level": "ERROR"}


class Model:
    """Stands in for a model on a GPU: a call takes as long for many texts as for one."""

    def __init__(self):
        self.sizes = []

    async def classify(self, texts):
        """Return "POSITIVE" or "NEGATIVE" for each text of a list."""
        self.sizes.append(len(texts))
        await asyncio.sleep(0.2)
        return ["POSITIVE" if "good" in text else "NEGATIVE" for text in texts]


# exercise
# @serve.deployment(ray_actor_options={"num_cpus": 0.1})
# solution
@serve.deployment(max_ongoing_requests=100, ray_actor_options={"num_cpus": 0.1})
# end
class Sentiment:
    """Classifies texts as positive or negative."""

    def __init__(self):
        self.model = Model()

    # exercise
    # async def __call__(self, text):
    #     """Return the label of a text."""
    #     [label] = await self.model.classify([text])  # TODO: each call gets only one text.
    #     return label
    # solution
    @serve.batch(max_batch_size=32, batch_wait_timeout_s=0.5)
    async def __call__(self, texts):
        """Return the label of each text."""
        return await self.model.classify(texts)

    # end

    def get_sizes(self):
        """Return the number of texts in each call to the model, as a list."""
        return self.model.sizes


app = Sentiment.bind()


if __name__ == "__main__":
    ray.init(address="local")
    serve.start(proxy_location="Disabled", logging_config=QUIET)  # handles need no HTTP
    handle = serve.run(app, route_prefix=None, logging_config=QUIET)
    answers = [handle.remote(f"Room {number} is {'good' if number % 2 else 'bad'}.") for number in range(32)]
    print([answer.result() for answer in answers])
    print(handle.get_sizes.remote().result())
