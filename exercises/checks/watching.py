"""How checks look at an answer: they run it, and ask Ray what happened meanwhile."""

import contextlib
import os
import signal
import threading
import time
import types
from dataclasses import dataclass
from functools import cached_property

import ray
from ray.util import state

from exercises.checks.verdicts import HungError, SlowError
from tests.support.places import free_port
from tools.language import say

LIMIT = 120  # seconds that an answer may take. A right one takes under ten, and more on a busy machine
CPUS = 4  # as Ray counts them, so that four tasks run at once on any machine
OF_SERVE = ("ServeController", "ProxyActor", "ServeReplica")  # how the calls are named that Serve itself makes
LARGE = 1_000_000  # bytes. What Ray itself keeps in the object store is smaller


def load(path):
    """Return the module in a file. Raises AssertionError, with the place, if Python cannot read it.

    It is not registered as a module, so that Ray sends its functions to other processes as they are.
    """
    module = types.ModuleType(path.stem)
    try:
        exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), module.__dict__)
    except SyntaxError as error:
        raise AssertionError(
            say(
                f"Syntax error in line {error.lineno} of {path.name}: {error.msg}",
                f"{path.name} 第 {error.lineno} 行有语法错误：{error.msg}",
            )
        ) from error
    except Exception as error:
        raise AssertionError(
            say(f"Importing {path.name} raised {error!r}", f"导入 {path.name} 时出错：{error!r}")
        ) from error
    return module


def start_ray():
    """Start a Ray for the answers. It tells soon what happened: every tenth of a second, not every second."""
    os.environ.update(no_proxy="*", RAY_task_events_report_interval_ms="100")
    resources = {"licence": 2}  # for O6_licence
    dashboard = {"include_dashboard": True, "dashboard_port": free_port()}
    ray.init(address="local", num_cpus=CPUS, resources=resources, log_to_driver=False, **dashboard)


@dataclass
class Run:
    """What Ray saw while an answer ran.

    Attributes:
        since: When it began, in milliseconds since 1970.
        copies: How many large objects the object store held at most.
    """

    since: float
    copies: int = 0

    @cached_property
    def _records(self):
        return ended_tasks(self.since)

    @property
    def tasks(self):
        """The calls of tasks and methods, as ray.util.state.list_tasks() describes them."""
        return [task for task in self._records if task.type != "ACTOR_CREATION_TASK"]

    @property
    def started(self):
        """The calls that start an actor."""
        return [task for task in self._records if task.type == "ACTOR_CREATION_TASK"]

    def calls(self, name):
        """Return the calls of a task, or of an actor's method, by the function's name."""
        return [task for task in self.tasks if task.func_or_class_name.rpartition(".")[2] == name]

    def actors(self, name):
        """Return the ids of the actors that were started from a class."""
        return {task.actor_id for task in self.started if task.func_or_class_name == f"{name}.__init__"}

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
                    f"The result is right, but at most {found} of the {calls} calls to {name}() ran at the same time. "
                    f"At least {least} should.",
                    f"结果正确，但 {name}() 的 {calls} 次调用中，同时执行的最多只有 {found} 次。至少要有 {least} 次。",
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
    """Runs answers and tells what Ray saw: `with watch() as run: ...`."""

    def __init__(self, limit=None):
        self.limit = limit or LIMIT
        self.address = None  # of Serve, once checks.serving has started it
        self.warm_up()

    def warm_up(self):
        """Start as many processes as there are CPUs, so that an answer need not wait for them."""
        meeting = Meeting.remote(CPUS)
        ray.get([attend.remote(meeting) for _ in range(CPUS)])

    @contextlib.contextmanager
    def __call__(self, objects=False):
        """Yield a Run, which tells afterwards what happened. Raises HungError after the limit.

        Args:
            objects: Whether to count the large objects in the object store.
        """
        run, over = Run(1000 * time.time()), threading.Event()
        counting = threading.Thread(target=count_objects, args=(run, over), daemon=True)
        if objects:
            counting.start()
        try:
            with limited(self.limit):
                yield run
        except HungError:
            self.address = None
            ray.shutdown()
            start_ray()
            self.warm_up()
            raise
        finally:
            over.set()
            if objects:
                counting.join()


def ask(listing):
    """Return what a function of ray.util.state lists. Without the address it refuses if another Ray runs here."""
    address = ray.get_runtime_context().gcs_address
    return listing(address=address, detail=True, limit=10_000, raise_on_missing_output=False)


@ray.remote(num_cpus=0)
def mark():
    """Do nothing. Ray tells of this task only after it has told of all that this process has called before."""


def ended_tasks(since):
    """Return the tasks that were called since then, in milliseconds, once Ray has told how they ended.

    One that has not ended within ten seconds is returned as it is.
    """
    marker, last, deadline = mark.remote().task_id().hex(), None, time.monotonic() + 10
    while True:
        recent = [task for task in ask(state.list_tasks) if (task.creation_time_ms or 0) >= since]
        all_told = any(task.task_id == marker for task in recent)
        tasks = [task for task in recent if task.task_id != marker and not task.name.startswith(OF_SERVE)]
        told = sorted((task.task_id, task.state) for task in tasks)
        missing = any(not task.end_time_ms or (task.state == "FINISHED" and not task.start_time_ms) for task in tasks)
        if (all_told and told == last and not missing) or time.monotonic() > deadline:
            return tasks
        last = told
        time.sleep(0.25)


def count_objects(run, over):
    """Note how many large objects there are at most, until it is over."""
    while not over.wait(0.05):
        large = {one.object_id for one in ask(state.list_objects) if one.object_size > LARGE}
        run.copies = max(run.copies, len(large))


@contextlib.contextmanager
def limited(seconds):
    """Raise HungError in the body if it takes longer than this."""
    over = []

    def interrupt(_signal, _frame):
        over.append(True)
        raise KeyboardInterrupt  # ray.get() ignores any other exception of a signal's handler

    handler = signal.signal(signal.SIGALRM, interrupt)
    left, _ = signal.setitimer(signal.ITIMER_REAL, seconds)  # pytest-timeout uses the same timer
    try:
        yield
    except KeyboardInterrupt:
        if not over:
            raise  # Ctrl-C
        raise HungError(
            say(
                f"The program did not finish within {seconds} seconds. It may be waiting for something "
                "that never happens.",
                f"运行 {seconds} 秒仍未结束，可能在等待永远不会发生的事。",
            )
        ) from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, left)
        signal.signal(signal.SIGALRM, handler)
