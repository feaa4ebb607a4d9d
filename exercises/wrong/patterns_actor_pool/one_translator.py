"""One translator translates everything."""


def translate_all(texts):
    """Return the translated words of each text. Both dicts have the titles as keys and lists of words as values."""
    translator = Translator.remote()
    return dict(ray.get([translator.translate.remote(title, words) for title, words in texts.items()]))
