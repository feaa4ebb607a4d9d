"""Measures the head of serve_transformers.py on sentences that it was not trained on.

Run:  python -m sentiment.evaluate
"""

import re
import statistics

from sentiment.model import HEAD, MINILM, SentimentModel
from sentiment.train import ratings, sentences

FIRST_HEAD = HEAD.with_name("first-head.safetensors")  # for comparison: trained on 890 sentences
UNSEEN = ("pets", "offices")  # kinds that no other part has, though a few sentences there have these subjects
GROUPS = {  # the rows of the table
    "first set: five kinds": lambda row: row["part"] == "first held-out" and row["kind"] != "review",
    "first set: reviews": lambda row: row["part"] == "first held-out" and row["kind"] == "review",
    "first set": lambda row: row["part"] == "first held-out",
    "new set: kinds in training": lambda row: row["part"] == "held-out" and row["kind"] not in UNSEEN,
    "new set: pets": lambda row: row["part"] == "held-out" and row["kind"] == "pets",
    "new set: offices": lambda row: row["part"] == "held-out" and row["kind"] == "offices",
    "new set": lambda row: row["part"] == "held-out",
}
BOUNDS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)  # of the scores in the table of reliability


def count_words(texts):
    """Return the baseline's labels: the sign of the summed ratings of the words, None where they sum to nothing."""
    rated = ratings()
    sums = [sum(rated.get(word, 0) for word in re.findall(r"[a-z']+", text.lower())) for text in texts]
    return ["POSITIVE" if total > 0 else "NEGATIVE" if total < 0 else None for total in sums]


def accuracy(labels, rows):
    """Return the share of the rows whose label is right. One that is left open counts half, as a guess would."""
    return sum(0.5 if label is None else label == row["label"] for label, row in zip(labels, rows)) / len(rows)


def answers(rows, head=HEAD):
    """Return the model's answer to each row."""
    return SentimentModel(MINILM, head).classify([row["text"] for row in rows])


def rows_of(*parts):
    """Return the rows of some parts that sound pleased or displeased."""
    return [row for part in parts for row in sentences(part) if row["label"] != "NEITHER"]


def measure(rows, first, ours):
    """Return for each group of sentences how many, and the accuracy of the first head, of ours and of words.

    Args:
        rows: The sentences.
        first: The answers of the first head to them.
        ours: The answers of our head.
    """
    found = [[one["label"] for one in given] for given in (first, ours)]
    found.append(count_words([row["text"] for row in rows]))
    table = {}
    for name, belongs in GROUPS.items():
        chosen = [index for index, row in enumerate(rows) if belongs(row)]
        picked = [[values[index] for index in chosen] for values in (rows, *found)]
        table[name] = (len(chosen), *(accuracy(labels, picked[0]) for labels in picked[1:]))
    return table


def reliability(rows, ours):
    """Return for each interval of scores: its bounds, how many answers have such a score, the share of right."""
    table = []
    for low, high in zip(BOUNDS, BOUNDS[1:]):
        # The last interval includes 1.
        inside = [
            one["label"] == row["label"] for one, row in zip(ours, rows) if low <= min(one["score"], 0.999) < high
        ]
        table.append((low, high, len(inside), sum(inside) / max(1, len(inside))))
    return table


def main():
    """Print the tables."""
    rows = rows_of("held-out", "first held-out")
    new = sum(row["part"] == "held-out" for row in rows)
    ours = answers(rows)
    print(f"{'':30} {'number':>6} {'first head':>11} {'our head':>9} {'counting words':>15}")
    for name, (number, first, our, counted) in measure(rows, answers(rows, FIRST_HEAD), ours).items():
        print(f"{name:30} {number:6} {first:11.2f} {our:9.2f} {counted:15.2f}")
    print(f"\n{'score, new set':30} {'number':>6} {'right':>11}")
    for low, high, number, right in reliability(rows[:new], ours[:new]):
        print(f"{f'{low} to {high}':30} {number:6} {right:11.2f}")
    neither = answers([row for row in sentences("held-out") if row["label"] == "NEITHER"])
    print(f"\n{'texts that are neither':30} {'number':>6} {'median score':>13}")
    print(f"{'new set':30} {len(neither):6} {statistics.median(one['score'] for one in neither):13.2f}")


if __name__ == "__main__":
    main()
