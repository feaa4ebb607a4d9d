"""An attribute of the class lives in the process, too."""


@ray.remote(max_restarts=1, max_task_retries=1)
class Gate:
    """Counts visitors."""

    visitors = 0

    def __init__(self, folder):
        self.folder = folder

    def let_in(self):
        """Count a visitor, return the visitor's number."""
        Gate.visitors += 1
        return Gate.visitors

    @ray.method(max_task_retries=0)  # never repeated: one crash is enough
    def crash(self):
        """End this process as the kernel does when memory runs out."""
        time.sleep(0.3)  # until the fourth visitor's call is on the way
        os.kill(os.getpid(), signal.SIGKILL)
