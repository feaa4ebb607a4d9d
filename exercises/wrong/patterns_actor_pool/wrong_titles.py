"""The results come as they finish, and get the titles as they began."""

import os
import time

import ray
from ray.util import ActorPool


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
    pool = ActorPool([Translator.remote() for _ in range(2)])
    found = pool.map_unordered(lambda translator, text: translator.translate.remote(*text), texts.items())
    return {title: words for title, (_, words) in zip(texts, found)}


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(translate_all({"a": ["one", "two", "three"] * 5, "b": ["one"], "c": ["two"], "d": ["three"], "e": ["one"]}))
