"""The reference to the counts is returned, not the counts."""


def count_words(pages):
    """Return the count of each word in all pages, as a dict."""
    tally = Tally.remote()
    ray.get([read.remote(page, tally) for page in pages])
    return tally.get_counts.remote()
