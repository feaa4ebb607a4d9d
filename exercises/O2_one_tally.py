"""Count the words of several pages in one place.

Task:  Four tasks read one page each and add its words to a tally. Every task gets a copy of the tally, so that what it
       adds is lost. Turn the tally into an actor, one for all tasks.
Check: make exercises ONLY=O2_one_tally
Look:  O2_actors.py, the counter that four tasks increment
Time:  8 minutes
"""

import os

import ray


# TODO: an object of this class lives in the process that made it, and travels as a copy.
class Tally:
    """Counts words."""

    def __init__(self):
        self.counts = {}

    def add(self, word):
        """Count a word once more."""
        self.counts[word] = self.counts.get(word, 0) + 1

    def get_counts(self):
        """Return how often each word was added, as a dict."""
        return self.counts


@ray.remote
def read(page, tally):
    """Add the words of a page to the tally."""
    for word in page.split():
        tally.add(word)


def count_words(pages):
    """Return how often each word occurs in all pages, as a dict."""
    tally = Tally()
    ray.get([read.remote(page, tally) for page in pages])
    return tally.get_counts()


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(count_words(["to be or not to be", "to do is to be", "do be do", "let it be"]))
