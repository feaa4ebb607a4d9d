"""An async method that blocks holds up the others."""

import time


@ray.remote
class Librarian:
    """Orders books, and records the largest number on their way at the same time."""

    def __init__(self):
        self.on_their_way = self.most = 0

    async def order(self, title):
        """Return the book with this title, once it has arrived."""
        self.on_their_way += 1
        self.most = max(self.most, self.on_their_way)
        time.sleep(0.5)
        self.on_their_way -= 1
        return f"The book of {title}"

    def get_most(self):
        """Return the largest number of books that were on their way at the same time."""
        return self.most
