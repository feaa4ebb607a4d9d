"""It keeps a list of who is free."""


def translate_all(texts):
    """Return the translated words of each text. Both dicts have the titles as keys and lists of words as values."""
    free, busy, found = [Translator.remote(), Translator.remote()], {}, {}
    for title, words in texts.items():
        if not free:
            [done], _ = ray.wait(list(busy))
            free.append(busy.pop(done))
            found |= [ray.get(done)]
        translator = free.pop()
        busy[translator.translate.remote(title, words)] = translator
    return found | dict(ray.get(list(busy)))
