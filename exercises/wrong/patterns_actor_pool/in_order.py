"""map() waits for the first text, while a translator is free."""


def translate_all(texts):
    """Return the translated words of each text. Both dicts have the titles as keys and lists of words as values."""
    pool = ActorPool([Translator.remote() for _ in range(2)])
    return dict(pool.map(lambda translator, text: translator.translate.remote(*text), texts.items()))
