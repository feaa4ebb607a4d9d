"""The number is saved, but no actor reads it."""


@ray.remote
class Gate:
    """Counts visitors."""

    def __init__(self, folder):
        self.file = folder / "visitors"
        self.visitors = int(self.file.read_text()) if self.file.exists() else 0

    def let_in(self):
        """Count a visitor, return the visitor's number."""
        self.visitors += 1
        self.file.write_text(str(self.visitors))
        return self.visitors

    @ray.method(max_task_retries=0)  # never repeated: one crash is enough
    def crash(self):
        """End this process as the kernel does when memory runs out."""
        time.sleep(0.3)  # until the fourth visitor's call is on the way
        os.kill(os.getpid(), signal.SIGKILL)
