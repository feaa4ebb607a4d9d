"""Several actors: one that everybody asks is a bottleneck, and its work divides where its state does.

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
        """Count a word, which takes a while."""
        time.sleep(0.05)
        self.counts[word] = self.counts.get(word, 0) + 1

    def result(self):
        """Return how often each word has come."""
        return self.counts


def count(counters):
    """Count with several actors, each of which has words of its own. Return the counts and the seconds."""
    ray.get([counter.result.remote() for counter in counters])  # they have started
    started = time.perf_counter()
    # The first letter says which actor, so that the same word always goes to the same one.
    ray.get([counters[ord(word[0]) % len(counters)].add.remote(word) for word in TEXT.split()])
    seconds = time.perf_counter() - started
    counts = {}
    for part in ray.get([counter.result.remote() for counter in counters]):
        counts |= part
    return counts, seconds


def main():
    """Run the pattern."""
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    (one, slow), (two, fast) = (count([WordCounter.remote() for _ in range(number)]) for number in (1, 2))
    print("counted by one:", one["the"], one["cat"], "by two:", two["the"], two["cat"])
    # -> counted by one: 5 2 by two: 5 2
    print("same counts:", one == two, "two are faster:", fast < slow)
    # -> same counts: True two are faster: True


if __name__ == "__main__":
    main()
