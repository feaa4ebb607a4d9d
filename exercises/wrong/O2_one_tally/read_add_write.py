"""Between reading a count and writing it, others write theirs."""

import os

import ray


@ray.remote
class Tally:
    """Counts words."""

    def __init__(self):
        self.counts = {}

    def get_count(self, word):
        return self.counts.get(word, 0)

    def set_count(self, word, count):
        self.counts[word] = count

    def get_counts(self):
        """Return the count of each word, as a dict."""
        return self.counts


@ray.remote
def read(page, tally):
    """Add the words of a page to the tally."""
    for word in page.split():
        ray.get(tally.set_count.remote(word, ray.get(tally.get_count.remote(word)) + 1))


def count_words(pages):
    """Return the count of each word in all pages, as a dict."""
    tally = Tally.remote()
    ray.get([read.remote(page, tally) for page in pages])
    return ray.get(tally.get_counts.remote())


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(count_words(["to be or not to be", "to do is to be", "do be do", "let it be"]))
