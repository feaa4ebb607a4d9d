"""Trains the head that model.py puts on the MiniLM encoder. It takes a quarter of an hour on two cores.

Run:  python -m sentiment.train       (writes sentiment/head.safetensors)
Then: python -m sentiment.evaluate    (how well it does on sentences that it has never seen)

What is trained, and all that the file holds, is the classifier on top, the encoder's biases and layer norms, and for
each weight matrix of its layers a product of two narrow ones, which is added to it. All else stays as in the pip
package. The methods: Ben Zaken et al., BitFit, https://arxiv.org/abs/2106.10199, and Hu et al., LoRA,
https://arxiv.org/abs/2106.09685.
"""

import csv
import random
import re
from pathlib import Path

import torch
import vaderSentiment
from safetensors.torch import save_file
from torch.nn.utils import parametrize

from sentiment.model import HEAD, MINILM, load_pipeline

EPOCHS, BATCH = 5, 32
WORDS = 0.1  # rated words for each sentence in an epoch: they are many, and must not drown the sentences
RANK = 8  # columns of the narrow matrices
RATE, WARM_UP = 1e-3, 100  # the learning rate at its highest, and the steps until then
SMOOTHING = 0.1  # keeps the probabilities from running to 0 and 1
SEED = 0
TARGETS = {"NEGATIVE": (1.0, 0.0), "POSITIVE": (0.0, 1.0), "NEITHER": (0.5, 0.5)}


class Product(torch.nn.Module):
    """Adds to a weight the product of two narrow matrices, which is zero at first."""

    def __init__(self, rows, columns):
        super().__init__()
        self.left = torch.nn.Parameter(torch.zeros(rows, RANK))
        self.right = torch.nn.Parameter(2 * torch.randn(RANK, columns) / columns**0.5)

    def forward(self, weight):
        """Return the changed weight."""
        return weight + self.left @ self.right


def sentences(part):
    """Return the rows of one part of sentences.csv as dictionaries: "train", "choose", "held-out", "first held-out"."""
    with open(HEAD.with_name("sentences.csv"), encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["part"] == part]


def ratings():
    """Return the entries of VADER's lexicon, each with its mean human rating from -4 to 4."""
    lines = Path(vaderSentiment.__file__).with_name("vader_lexicon.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines]
    return {row[0]: float(row[1]) for row in rows}


def examples():
    """Return the sentences to train on and the rated words, both as pairs of a text and its target."""
    texts = [(row["text"], TARGETS[row["label"]]) for row in sentences("train")]
    # Leaves out smileys, and words that people rated as nearly neutral.
    clear = {word: rating for word, rating in ratings().items() if abs(rating) >= 1.5 and re.match("[a-z]{2}", word)}
    return texts, [(word, TARGETS["POSITIVE" if rating > 0 else "NEGATIVE"]) for word, rating in clear.items()]


def batches(texts, chance):
    """Return batches of texts of similar length, so that little is padding, in random order."""
    chance.shuffle(texts)
    found = []
    for start in range(0, len(texts), 25 * BATCH):
        similar = sorted(texts[start : start + 25 * BATCH], key=lambda text: len(text[0]))
        found += [similar[first : first + BATCH] for first in range(0, len(similar), BATCH)]
    chance.shuffle(found)
    return found


def trainable(model):
    """Make a model's classifier, biases, layer norms and products trainable, and nothing else. Return them by name."""
    model.requires_grad_(False)
    head = dict(model.classifier.named_parameters(prefix="classifier"))
    head |= {n: p for n, p in model.bert.named_parameters(prefix="bert") if n.endswith("bias") or "LayerNorm" in n}
    del head["bert.pooler.dense.bias"]  # mean_of_words takes the pooler's place
    for name, layer in list(model.bert.encoder.named_modules(prefix="bert.encoder")):
        if isinstance(layer, torch.nn.Linear):
            product = Product(*layer.weight.shape)
            parametrize.register_parametrization(layer, "weight", product)
            head |= {f"{name}.weight.left": product.left, f"{name}.weight.right": product.right}
    for weights in head.values():
        weights.requires_grad_(True)
    return head


@torch.inference_mode()
def temperature(tokenizer, model, rows):
    """Return the number to divide a model's logits by, so that its probabilities are the best for the rows."""
    model.eval()
    logits = torch.cat([model(**tokenizer(row["text"], return_tensors="pt")).logits for row in rows])
    targets = torch.tensor([TARGETS[row["label"]] for row in rows])
    candidates = torch.linspace(0.5, 5, 91)
    losses = [torch.nn.functional.cross_entropy(logits / candidate, targets) for candidate in candidates]
    return candidates[torch.stack(losses).argmin()]


def main(path=HEAD, epochs=EPOCHS):
    """Train for some epochs, and write the head to a file."""
    torch.manual_seed(SEED)
    chance = random.Random(SEED)
    pipeline = load_pipeline(MINILM, head=None)
    tokenizer, model = pipeline.tokenizer, pipeline.model
    head = trainable(model)
    texts, words = examples()
    more = round(WORDS * len(texts))
    steps = epochs * len(batches(texts + words[:more], chance))
    optimizer = torch.optim.AdamW(head.values(), lr=RATE)
    rate = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1, (step + 1) / WARM_UP) * max(0, 1 - step / steps)
    )

    model.train()
    for epoch in range(epochs):
        total = 0.0
        mixed = batches(texts + chance.sample(words, more), chance)
        for batch in mixed:
            some, targets = zip(*batch)
            inputs = tokenizer(list(some), padding=True, truncation=True, return_tensors="pt")
            loss = torch.nn.functional.cross_entropy(
                model(**inputs).logits, torch.tensor(targets), label_smoothing=SMOOTHING
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            rate.step()
            total += loss.item()
        print(f"epoch {epoch + 1} of {epochs}: mean loss {total / len(mixed):.3f}", flush=True)

    degree = temperature(tokenizer, model, sentences("choose"))
    with torch.no_grad():
        for weights in model.classifier.parameters():
            weights /= degree
    save_file({name: weights.detach().half() for name, weights in head.items()}, path)  # half precision, half the size
    print(f"{path.name}: {sum(weights.numel() for weights in head.values())} numbers, temperature {degree:.2f}")


if __name__ == "__main__":
    main()
