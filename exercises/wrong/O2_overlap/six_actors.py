"""An actor for each book."""


def order_all(titles):
    """Return the books in the order of the titles, and the largest number on their way at the same time."""
    librarians = [Librarian.remote() for _ in titles]
    books = ray.get([librarian.order.remote(title) for librarian, title in zip(librarians, titles)])
    return books, sum(ray.get([librarian.get_most.remote() for librarian in librarians]))
