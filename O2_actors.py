"""Actors: an actor is an object that lives in a process of its own and keeps its state between calls.

Run:   python O2_actors.py
Next:  O3_data.py
Docs:  https://docs.ray.io/en/latest/ray-core/actors.html
Time:  10 minutes
"""

import asyncio
import os

import ray


@ray.remote
class Counter:
    """Counts up from zero."""

    def __init__(self):
        self.value = 0

    def increment(self, step=1):
        """Add step, return the new value. Raises ValueError if the step is not positive."""
        if step < 1:
            raise ValueError(f"a counter only counts up, not by {step}")
        self.value += step
        return self.value

    def get_counter(self):
        """Return the value."""
        return self.value


@ray.remote
def increment_often(counter, times):
    """Call a counter from another process, and wait for each call."""
    for _ in range(times):
        ray.get(counter.increment.remote())


@ray.remote
class Game:
    """Starts when all seats are taken."""

    def __init__(self, seats):
        self.seats = seats
        self.players = 0
        self.full = asyncio.Event()

    async def join(self):
        """Take a seat, wait until the game starts, return the number of players."""
        self.players += 1
        if self.players == self.seats:
            self.full.set()
        await self.full.wait()
        return self.players


def main():
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")

    # Counter.remote() starts a process with a counter in it and returns a handle, on which you call its methods. The
    # ten counters share nothing. An actor that requests no resources reserves no CPU once it is running, so two CPUs
    # suffice.
    counters = [Counter.remote() for _ in range(10)]
    print("ten counters:", ray.get([counter.increment.remote() for counter in counters]))
    # -> ten counters: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]

    # By default an actor runs one call at a time, from any caller, so it needs no lock. Each caller's calls run in the
    # order they were made.
    first = counters[0]
    print("five calls on one:", ray.get([first.increment.remote() for _ in range(5)]))
    # -> five calls on one: [2, 3, 4, 5, 6]

    # ray.get() raises the method's exception, and the actor keeps running. You catch a ValueError whose text is the
    # traceback in the actor's process. Its .cause is the original exception.
    try:
        ray.get(first.increment.remote(-1))
    except ValueError as error:
        print("a call that fails:", error.cause)
        # -> a call that fails: a counter only counts up, not by -1
    print("the counter afterwards:", ray.get(first.get_counter.remote()))
    # -> the counter afterwards: 6

    # A handle can be an argument: four tasks in other processes increment one counter, and no call is lost.
    shared = Counter.options(name="shared").remote()
    ray.get([increment_often.remote(shared, 25) for _ in range(4)])
    print("incremented by four tasks:", ray.get(shared.get_counter.remote()))
    # -> incremented by four tasks: 100

    # Code without a handle, in this process or another, can look the actor up by name.
    print("found by its name:", ray.get(ray.get_actor("shared").get_counter.remote()))
    # -> found by its name: 100

    # Calls of async methods overlap while they await. (One that blocks holds up the others.) Here each call waits until
    # all five have joined, so the game would never start if the actor finished one call before it began the next.
    game = Game.remote(seats=5)
    print("players in each call:", ray.get([game.join.remote() for _ in range(5)]))
    # -> players in each call: [5, 5, 5, 5, 5]


if __name__ == "__main__":
    main()
