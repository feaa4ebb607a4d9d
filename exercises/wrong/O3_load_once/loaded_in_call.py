"""The class loads the model whenever it is called."""


class Classifier:
    """Adds the prediction for each row, and the number of the model that predicted it."""

    def __call__(self, batch):
        """Return the batch with both columns."""
        model = Model()
        predicted = model.predict(batch["id"])
        return {**batch, "odd": predicted, "model": np.full(len(predicted), model.number)}
