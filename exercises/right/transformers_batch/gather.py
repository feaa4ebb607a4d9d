"""As in the lesson: a method for one text calls a method that is batched."""


@serve.deployment(max_ongoing_requests=100, ray_actor_options={"num_cpus": 0.1})
class Sentiment:
    """Tells whether texts sound pleased."""

    def __init__(self):
        self.model = Model()

    @serve.batch(max_batch_size=16, batch_wait_timeout_s=0.5)
    async def gather(self, texts):
        return await self.model.classify(texts)

    async def __call__(self, text):
        return await self.gather(text)

    def get_sizes(self):
        """Return with how many texts the model was called each time, as a list."""
        return self.model.sizes
