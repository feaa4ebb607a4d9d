"""Let one actor wait for several books at once.

Task:  A librarian orders six books, each of which takes half a second to arrive. The librarian is an actor. Its method
       order() blocks until the book arrives. Change the method so that all six calls overlap, still in one actor.
Check: make exercises ONLY=O2_overlap
Look:  O2_actors.py, the game that starts when all have joined
Time:  8 minutes
"""

# exercise
# import os
# import time
# solution
import asyncio
import os
# end

import ray


@ray.remote
class Librarian:
    """Orders books, and records the largest number of books on their way at the same time."""

    def __init__(self):
        self.on_their_way = self.most = 0

    # exercise
    # def order(self, title):
    #     """Return the book with this title, once it has arrived."""
    #     self.on_their_way += 1
    #     self.most = max(self.most, self.on_their_way)
    #     time.sleep(0.5)  # TODO: the actor can do nothing else during this time.
    # solution
    async def order(self, title):
        """Return the book with this title, once it has arrived."""
        self.on_their_way += 1
        self.most = max(self.most, self.on_their_way)
        await asyncio.sleep(0.5)
        # end
        self.on_their_way -= 1
        return f"The book of {title}"

    def get_most(self):
        """Return the largest number of books that were on their way at the same time."""
        return self.most


def order_all(titles):
    """Return the books in the order of the titles, and the largest number of books on their way at once."""
    librarian = Librarian.remote()
    books = ray.get([librarian.order.remote(title) for title in titles])
    return books, ray.get(librarian.get_most.remote())


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    print(order_all(["whales", "rings", "windmills", "islands", "wizards", "rabbits"]))
