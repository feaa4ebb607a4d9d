"""The results come as they finish, and get the titles as they began."""


def translate_all(texts):
    """Return the translated words of each text. Both dicts have the titles as keys and lists of words as values."""
    pool = ActorPool([Translator.remote() for _ in range(2)])
    found = pool.map_unordered(lambda translator, text: translator.translate.remote(*text), texts.items())
    return {title: words for title, (_, words) in zip(texts, found)}
