"""Measures the head of serve_transformers.py on sentences that it was not trained on, and counts words beside it.

Run:  python -m sentiment.evaluate
"""

import re

from sentiment.model import HEAD, MINILM, SentimentModel
from sentiment.train import ratings, sentences

BATCH = 64


def count_words(texts):
    """Return the baseline's labels: the sign of the summed ratings of the words, None where they sum to nothing."""
    rated = ratings()
    sums = [sum(rated.get(word, 0) for word in re.findall(r"[a-z']+", text.lower())) for text in texts]
    return ["POSITIVE" if total > 0 else "NEGATIVE" if total < 0 else None for total in sums]


def accuracy(labels, rows):
    """Return the share of the rows whose label is right. One that is left open counts half, as a guess would."""
    return sum(0.5 if label is None else label == row["label"] for label, row in zip(labels, rows)) / len(rows)


def measure(part, head=HEAD):
    """Return for each kind of sentence in a part, and for "all", how many there are and both accuracies."""
    rows = sentences(part)
    texts = [row["text"] for row in rows]
    model = SentimentModel(MINILM, head)
    ours = []
    for start in range(0, len(texts), BATCH):
        ours += [answer["label"] for answer in model.classify(texts[start : start + BATCH])]
    counted = count_words(texts)
    table = {}
    for kind in [*dict.fromkeys(row["kind"] for row in rows), "all"]:
        chosen = [index for index, row in enumerate(rows) if kind in (row["kind"], "all")]
        pick = [[values[index] for index in chosen] for values in (ours, counted, rows)]
        table[kind] = (len(chosen), accuracy(pick[0], pick[2]), accuracy(pick[1], pick[2]))
    return table


def main(part="held-out"):
    """Print the table."""
    print(f"{'sentences on':12} {'number':>7} {'our head':>9} {'counting words':>15}")
    for kind, (number, ours, counted) in measure(part).items():
        print(f"{kind:12} {number:7} {ours:9.2f} {counted:15.2f}")


if __name__ == "__main__":
    main()
