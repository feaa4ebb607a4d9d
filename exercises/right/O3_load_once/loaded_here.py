"""The model is loaded in this process, and both actors get it."""


class Classifier:
    """Adds the prediction for each row, and the number of the model that predicted it."""

    def __init__(self, model):
        self.model = model

    def __call__(self, batch):
        """Return the batch with both columns."""
        predicted = self.model.predict(batch["id"])
        return {**batch, "odd": predicted, "model": np.full(len(predicted), self.model.number)}


def classify_all(numbers):
    """Return the numbers with two more columns, "odd" and "model"."""
    pool = ray.data.ActorPoolStrategy(size=2)
    return numbers.map_batches(Classifier, batch_size=50, num_cpus=0.25, compute=pool, fn_constructor_args=[Model()])
