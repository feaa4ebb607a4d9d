"""The tasks find the actor by its name."""


@ray.remote
def read(page):
    tally = ray.get_actor("tally")
    for word in page.split():
        ray.get(tally.add.remote(word))


def count_words(pages):
    """Return the count of each word in all pages, as a dict."""
    tally = Tally.options(name="tally").remote()
    ray.get([read.remote(page) for page in pages])
    return ray.get(tally.get_counts.remote())
