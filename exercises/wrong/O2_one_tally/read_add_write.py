"""Between reading a count and writing it, others write theirs."""


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
