"""All requests are in the replica, and each calls the model."""


@serve.deployment(max_ongoing_requests=100, ray_actor_options={"num_cpus": 0.1})
class Sentiment:
    """Tells whether texts sound pleased."""

    def __init__(self):
        self.model = Model()

    async def __call__(self, text):
        """Return the label of a text."""
        [label] = await self.model.classify([text])
        return label

    def get_sizes(self):
        """Return with how many texts the model was called each time, as a list."""
        return self.model.sizes
