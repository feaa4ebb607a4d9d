"""A replica takes five requests at once."""


@serve.deployment(ray_actor_options={"num_cpus": 0.1})
class Sentiment:
    """Tells whether texts sound pleased."""

    def __init__(self):
        self.model = Model()

    @serve.batch(max_batch_size=32, batch_wait_timeout_s=0.5)
    async def __call__(self, texts):
        """Return the label of each text."""
        return await self.model.classify(texts)

    def get_sizes(self):
        """Return with how many texts the model was called each time, as a list."""
        return self.model.sizes
