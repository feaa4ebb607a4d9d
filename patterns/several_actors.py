"""Several actors: one actor that every task calls is a bottleneck. Split its state, and you split its work.

Run:   python patterns/several_actors.py
Docs:  https://docs.ray.io/en/latest/ray-core/actors.html
"""

import os
import time

import ray

TEXT = "the cat sat on the mat and the dog sat by the cat on the mat"


@ray.remote(num_cpus=0)
class WordCounter:
    """Counts words. It runs one call at a time."""

    def __init__(self):
        self.counts = {}

    def add(self, word):
        """Count a word. This takes a while."""
        time.sleep(0.05)
        self.counts[word] = self.counts.get(word, 0) + 1

    def result(self):
        """Return how often each word was counted."""
        return self.counts


def count(counters):
    """Count with several actors, each of which has its own words. Return the counts and the seconds."""
    ray.get([counter.result.remote() for counter in counters])  # now they have started
    started = time.perf_counter()
    # The first letter chooses the actor, so the same word always goes to the same one.
    ray.get([counters[ord(word[0]) % len(counters)].add.remote(word) for word in TEXT.split()])
    seconds = time.perf_counter() - started
    counts = {}
    for part in ray.get([counter.result.remote() for counter in counters]):
        counts |= part
    return counts, seconds


def main():
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    one, slow = count([WordCounter.remote()])
    print("one actor:", one)
    # -> one actor: {'the': 5, 'cat': 2, 'sat': 2, 'on': 2, 'mat': 2, 'and': 1, 'dog': 1, 'by': 1}
    two, fast = count([WordCounter.remote(), WordCounter.remote()])
    print("two actors:", two)
    # -> two actors: {'the': 5, 'dog': 1, 'by': 1, 'cat': 2, 'sat': 2, 'on': 2, 'mat': 2, 'and': 1}
    print(f"speed-up: {slow / fast:.1f}x")
    # -> speed-up: ...x


if __name__ == "__main__":
    main()
