"""One translator translates everything."""

import os
import time

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
    translator = Translator.remote()
    return dict(ray.get([translator.translate.remote(title, words) for title, words in texts.items()]))


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(translate_all({"a": ["one", "two", "three"] * 5, "b": ["one"], "c": ["two"], "d": ["three"], "e": ["one"]}))
