"""Both translators are ready before the first text comes."""


def translate_all(texts):
    """Return the translated words of each text. Both dicts have the titles as keys and lists of words as values."""
    translators = [Translator.remote() for _ in range(2)]
    ray.get([translator.translate.remote("", []) for translator in translators])
    pool = ActorPool(translators)
    return dict(pool.map_unordered(lambda translator, text: translator.translate.remote(*text), texts.items()))
