"""The reference to the counts is returned, not the counts."""

import os

import ray


@ray.remote
class Tally:
    """Counts words."""

    def __init__(self):
        self.counts = {}

    def add(self, word):
        """Add one to the count of a word."""
        self.counts[word] = self.counts.get(word, 0) + 1

    def get_counts(self):
        """Return the count of each word, as a dict."""
        return self.counts


@ray.remote
def read(page, tally):
    """Add the words of a page to the tally."""
    for word in page.split():
        ray.get(tally.add.remote(word))


def count_words(pages):
    """Return the count of each word in all pages, as a dict."""
    tally = Tally.remote()
    ray.get([read.remote(page, tally) for page in pages])
    return tally.get_counts.remote()


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(count_words(["to be or not to be", "to do is to be", "do be do", "let it be"]))
