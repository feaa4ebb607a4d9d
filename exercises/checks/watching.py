"""How checks look at an answer: they run it, and ask Ray what happened meanwhile."""

import contextlib
import importlib.util
import os
import signal
import threading
import time
from dataclasses import dataclass, field

import ray
from ray.util import state

from exercises.checks.verdicts import HungError, SlowError
from tests.support.places import free_port
from tools.language import say

LIMIT = 60  # seconds that an answer may take. A right one takes under ten, even on a busy machine
CPUS = 4  # as Ray counts them, so that four tasks run at once on any machine
LARGE = 1_000_000  # bytes. What Ray itself keeps in the object store is smaller


def load(path):
    """Return the module in a file. Raises AssertionError, with the place, if Python cannot read it.

    It is not registered as a module, so that Ray sends its functions to other processes as they are.
    """
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise AssertionError(
            say(
                f"Python cannot read line {error.lineno} of {path.name}: {error.msg}",
                f"{path.name} 第 {error.lineno} 行有语法错误：{error.msg}",
            )
        ) from error
    except Exception as error:
        raise AssertionError(
            say(f"{path.name} fails as soon as it is imported: {error!r}", f"{path.name} 一导入就出错：{error!r}")
        ) from error
    return module


def start_ray():
    """Start a Ray for the answers. It tells soon what happened: every tenth of a second, not every second."""
    os.environ.update(no_proxy="*", RAY_task_events_report_interval_ms="100")
    ray.init(address="local", num_cpus=CPUS, include_dashboard=True, dashboard_port=free_port(), log_to_driver=False)


@dataclass
class Run:
    """What Ray saw while an answer ran.

    Attributes:
        tasks: The calls of tasks and methods, as ray.util.state.list_tasks() describes them.
        started: The calls that start an actor.
        copies: How many large objects the object store held at most.
    """

    tasks: list = field(default_factory=list)
    started: list = field(default_factory=list)
    copies: int = 0

    def calls(self, name):
        """Return the calls of a task, or of an actor's method, by the function's name."""
        return [task for task in self.tasks if task.name.rpartition(".")[2] == name]

    def actors(self, name):
        """Return the ids of the actors that were started from a class."""
        return {task.actor_id for task in self.started if task.name == f"{name}.__init__"}

    def processes(self, name):
        """Return the ids of the processes that ran the calls."""
        return {task.worker_pid for task in self.calls(name)}

    def at_once(self, name):
        """Return how many calls were running at once, at most."""
        moments = [(task.start_time_ms, 1) for task in self.calls(name)]
        moments += [(task.end_time_ms, -1) for task in self.calls(name)]
        running = most = 0
        for _, change in sorted(moments):
            running += change
            most = max(most, running)
        return most

    def expect_at_once(self, name, least=2):
        """Raise SlowError, with words that say what happened, unless that many calls ran at once."""
        calls, found = len(self.calls(name)), self.at_once(name)
        if found < least:
            raise SlowError(
                say(
                    f"The result is right, but the {calls} calls of {name}() ran one after the other. At least {least} "
                    "should run at once.",
                    f"结果正确，但 {name}() 的 {calls} 次调用是一次接一次运行的。至少要有 {least} 次同时运行。",
                )
            )


@ray.remote
class Meeting:
    """Lets everybody wait until all are there."""

    def __init__(self, seats):
        self.seats = seats
        self.present = 0

    def arrive(self):
        """Come in, and tell whether all are there."""
        self.present += 1

    def full(self):
        """Tell whether all are there."""
        return self.present >= self.seats


@ray.remote
def attend(meeting):
    """Occupy a process until all the others are occupied."""
    ray.get(meeting.arrive.remote())
    while not ray.get(meeting.full.remote()):
        time.sleep(0.02)


class Watch:
    """Runs answers and tells what Ray saw. `with watch() as run: ...`, and afterwards `run` is filled."""

    def __init__(self, limit=None):
        self.limit = limit or LIMIT
        self.known = set()
        self.warm_up()

    def warm_up(self):
        """Start as many processes as there are CPUs, so that an answer need not wait for them."""
        meeting = Meeting.remote(CPUS)
        ray.get([attend.remote(meeting) for _ in range(CPUS)])

    @contextlib.contextmanager
    def __call__(self, objects=False):
        """Yield a Run, which holds at the end what happened meanwhile. Raises HungError after the limit.

        Args:
            objects: Whether to count the large objects in the object store.
        """
        self.known |= {task.task_id for task in self._ended()}
        run, over = Run(), threading.Event()
        counting = threading.Thread(target=self._count, args=(run, over), daemon=True)
        if objects:
            counting.start()
        try:
            with limited(self.limit):
                yield run
        except HungError:
            ray.shutdown()
            start_ray()
            self.warm_up()
            raise
        finally:
            over.set()
            if objects:
                counting.join()
        for task in self._ended():
            if task.task_id not in self.known:
                (run.started if task.type == "ACTOR_CREATION_TASK" else run.tasks).append(task)

    @staticmethod
    def _all_of_this_ray():
        """Return what to ask ray.util.state with: without an address it refuses if another Ray runs here."""
        address = ray.get_runtime_context().gcs_address
        return {"address": address, "detail": True, "limit": 10_000, "raise_on_missing_output": False}

    def _ended(self):
        """Return all tasks, once none runs and Ray has told all about them."""
        before, deadline = None, time.monotonic() + 20
        while True:
            tasks = state.list_tasks(**self._all_of_this_ray())
            open_ones = sum(task.state not in ("FINISHED", "FAILED") for task in tasks)
            if (len(tasks), open_ones) == before == (len(tasks), 0) or time.monotonic() > deadline:
                return tasks
            before = len(tasks), open_ones
            time.sleep(0.25)

    def _count(self, run, over):
        while not over.wait(0.05):
            objects = state.list_objects(**self._all_of_this_ray())
            large = {one.object_id for one in objects if one.object_size > LARGE}
            run.copies = max(run.copies, len(large))


@contextlib.contextmanager
def limited(seconds):
    """Raise HungError in the body if it takes longer than this."""

    def hang(_signal, _frame):
        raise HungError(
            say(
                f"It did not end within {seconds} seconds: something waits for what never comes.",
                f"运行了 {seconds} 秒还没有结束：有什么在等一个永远不会来的东西。",
            )
        )

    handler = signal.signal(signal.SIGALRM, hang)
    left, _ = signal.setitimer(signal.ITIMER_REAL, seconds)  # pytest-timeout uses the same timer
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left)
        signal.signal(signal.SIGALRM, handler)
