"""Every task makes a tally of its own, and nobody reads it."""


def count_words(pages):
    """Return the count of each word in all pages, as a dict."""
    tally = Tally.remote()
    ray.get([read.remote(page, Tally.remote()) for page in pages])
    return ray.get(tally.get_counts.remote())
