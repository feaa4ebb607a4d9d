"""Another actor, which is not killed, holds the number."""


@ray.remote
class Book:
    """Keeps the number of visitors."""

    def __init__(self):
        self.visitors = 0

    def add(self):
        """Add one."""
        self.visitors += 1
        return self.visitors


@ray.remote(max_restarts=1, max_task_retries=1)
class Gate:
    """Counts visitors."""

    def __init__(self, book):
        self.book = book

    def let_in(self):
        """Count a visitor, return the visitor's number."""
        return ray.get(self.book.add.remote())

    @ray.method(max_task_retries=0)  # never repeated: one crash is enough
    def crash(self):
        """End this process as the kernel does when memory runs out."""
        time.sleep(0.3)  # until the fourth visitor's call is on the way
        os.kill(os.getpid(), signal.SIGKILL)


def count_visitors(folder):
    """Return the numbers of four visitors. The gate's process is killed after the third."""
    book = Book.remote()  # as long as this process has a handle, the actor lives
    gate = Gate.remote(book)
    numbers = ray.get([gate.let_in.remote() for _ in range(3)])
    gate.crash.remote()
    return [*numbers, ray.get(gate.let_in.remote())]
