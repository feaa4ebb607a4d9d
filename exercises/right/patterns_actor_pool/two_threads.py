"""Two threads take texts from the same queue."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, Queue

import ray


@ray.remote
class Translator:
    """Translates into German, word by word."""

    def __init__(self):
        time.sleep(0.5)  # stands in for loading a large dictionary
        self.dictionary = {"one": "eins", "two": "zwei", "three": "drei"}

    def translate(self, title, words):
        """Return the title of a text and its translated words."""
        time.sleep(0.2 * len(words))  # stands in for work
        return title, [self.dictionary[word] for word in words]


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


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(translate_all({"a": ["one", "two", "three"] * 5, "b": ["one"], "c": ["two"], "d": ["three"], "e": ["one"]}))
