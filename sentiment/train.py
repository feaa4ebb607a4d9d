"""Trains the head that model.py puts on the MiniLM encoder. It takes a minute on two cores.

Run:  python -m sentiment.train       (writes sentiment/head.safetensors)
Then: python -m sentiment.evaluate    (how well it does on sentences that it has never seen)

The encoder's weights stay as they come from the pip package. What is trained, and all that the file holds, is the
classifier on top and the encoder's offsets, its biases and layer norms: one parameter in seven hundred. Why offsets
suffice: Ben Zaken et al., BitFit, https://arxiv.org/abs/2106.10199.
"""

import csv
import random
import re
from pathlib import Path

import torch
import vaderSentiment
from safetensors.torch import save_file

from sentiment.model import HEAD, MINILM, load_pipeline

EPOCHS, BATCH = 8, 16
WORDS = 0.3  # rated words for each sentence in an epoch: they are many, and must not drown the sentences
# The encoder's offsets move slowly, the classifier starts from nothing.
OFFSETS_RATE, CLASSIFIER_RATE = 2e-3, 3e-3
SEED = 0


def sentences(part):
    """Return the rows of one part of sentences.csv ("train", "choose" or "held-out") as dictionaries."""
    with open(HEAD.with_name("sentences.csv"), encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["part"] == part]


def ratings():
    """Return the entries of VADER's lexicon, each with its mean human rating from -4 to 4."""
    lines = Path(vaderSentiment.__file__).with_name("vader_lexicon.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines]
    return {row[0]: float(row[1]) for row in rows}


def examples(labels):
    """Return the sentences to train on and the words, both as pairs of a text and the number of its label."""
    texts = [(row["text"], labels[row["label"]]) for row in sentences("train")]
    # Smileys, and words that people rated as nearly neutral, teach nothing.
    clear = {word: rating for word, rating in ratings().items() if abs(rating) >= 1.5 and re.match("[a-z]{2}", word)}
    return texts, [(word, labels["POSITIVE" if rating > 0 else "NEGATIVE"]) for word, rating in clear.items()]


def main(path=HEAD, epochs=EPOCHS):
    """Train for some epochs, and write the head to a file."""
    torch.manual_seed(SEED)
    chance = random.Random(SEED)
    pipeline = load_pipeline(MINILM, head=None)
    tokenizer, model = pipeline.tokenizer, pipeline.model
    model.requires_grad_(False)
    offsets = {n: p for n, p in model.bert.named_parameters(prefix="bert") if n.endswith("bias") or "LayerNorm" in n}
    classifier = dict(model.classifier.named_parameters(prefix="classifier"))
    for weights in (offsets | classifier).values():
        weights.requires_grad_(True)

    texts, words = examples(model.config.label2id)
    size = len(texts) + round(WORDS * len(texts))
    groups = [
        {"params": offsets.values(), "lr": OFFSETS_RATE},
        {"params": classifier.values(), "lr": CLASSIFIER_RATE},
    ]
    optimizer = torch.optim.AdamW(groups)
    decay = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, total_iters=epochs * -(-size // BATCH))

    model.train()
    for epoch in range(epochs):
        mixed = texts + chance.sample(words, size - len(texts))
        chance.shuffle(mixed)
        total = 0.0
        for start in range(0, size, BATCH):
            batch, labels = zip(*mixed[start : start + BATCH])
            inputs = tokenizer(list(batch), padding=True, return_tensors="pt")
            # Smoothing keeps the probabilities from running to 0 and 1 on so few sentences.
            loss = torch.nn.functional.cross_entropy(model(**inputs).logits, torch.tensor(labels), label_smoothing=0.02)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            decay.step()
            total += loss.item() * len(batch)
        print(f"epoch {epoch + 1} of {epochs}: mean loss {total / size:.3f}", flush=True)

    save_file({name: weights.detach().clone() for name, weights in (offsets | classifier).items()}, path)
    print(f"{path.name}: {sum(weights.numel() for weights in (offsets | classifier).values())} numbers")


if __name__ == "__main__":
    main()
