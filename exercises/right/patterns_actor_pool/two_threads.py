"""Two threads take texts from the same queue."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, Queue


def translate_all(texts):
    """Return the translated words of each text. Both dicts have the titles as keys and lists of words as values."""
    translators = [Translator.remote() for _ in range(2)]
    waiting = Queue()
    for text in texts.items():
        waiting.put(text)

    def serve(translator):
        found = []
        with suppress(Empty):
            while True:
                found.append(ray.get(translator.translate.remote(*waiting.get_nowait())))
        return found

    with ThreadPoolExecutor() as threads:
        return dict(pair for found in threads.map(serve, translators) for pair in found)
