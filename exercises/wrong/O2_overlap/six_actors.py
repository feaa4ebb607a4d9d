"""An actor for each book."""

import asyncio
import os

import ray


@ray.remote
class Librarian:
    """Orders books, and records the largest number on their way at the same time."""

    def __init__(self):
        self.on_their_way = self.most = 0

    async def order(self, title):
        """Return the book with this title, once it has arrived."""
        self.on_their_way += 1
        self.most = max(self.most, self.on_their_way)
        await asyncio.sleep(0.5)
        self.on_their_way -= 1
        return f"The book of {title}"

    def get_most(self):
        """Return the largest number of books that were on their way at the same time."""
        return self.most


def order_all(titles):
    """Return the books in the order of the titles, and the largest number on their way at the same time."""
    librarians = [Librarian.remote() for _ in titles]
    books = ray.get([librarian.order.remote(title) for librarian, title in zip(librarians, titles)])
    return books, sum(ray.get([librarian.get_most.remote() for librarian in librarians]))


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(order_all(["whales", "rings", "windmills", "islands", "wizards", "rabbits"]))
