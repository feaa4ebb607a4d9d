"""Count the words of several pages in one place.

Task:  Each of four tasks reads one page and adds its words to a tally. Every task gets its own copy of the tally, so
       the words it adds are lost. Turn the tally into one actor that all tasks share.
Check: make exercises ONLY=O2_one_tally
Look:  O2_actors.py, the counter that four tasks increment
Time:  8 minutes
"""

import os

import ray


# exercise
# # TODO: each task gets its own copy of a Tally.
# solution
@ray.remote
# end
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
        # exercise
        # tally.add(word)
        # solution
        ray.get(tally.add.remote(word))
        # end


def count_words(pages):
    """Return the count of each word in all pages, as a dict."""
    # exercise
    # tally = Tally()
    # solution
    tally = Tally.remote()
    # end
    ray.get([read.remote(page, tally) for page in pages])
    # exercise
    # return tally.get_counts()
    # solution
    return ray.get(tally.get_counts.remote())
    # end


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(count_words(["to be or not to be", "to do is to be", "do be do", "let it be"]))
