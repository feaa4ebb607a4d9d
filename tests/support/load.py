"""Many clients at once, for the tests and the benchmark of the served models.

load() is a closed loop: each client waits for its answer, so a slow server gets fewer requests. load_at() is an open
one: requests arrive when they arrive, as those of many independent users do.

Why not one of the field's? wrk and hey, which Debian has, only do closed loops. autocannon and Locust have rates, but
their connections and users wait for answers too, and Locust takes much of a core. This one takes a twentieth of one
for a hundred requests a second, and the benchmark says how much it took.
"""

import asyncio
import random
import time
from dataclasses import dataclass, field

import aiohttp


@dataclass
class Outcome:
    """The outcome of one request."""

    seconds: float = 0.0  # from the first attempt to the last answer. In an open loop: from when the request was due
    ended: float = 0.0  # when the last answer came: time.perf_counter()
    statuses: list = field(default_factory=list)  # one per attempt: HTTP's, or an exception's name
    headers: dict = field(default_factory=dict)  # of the last answer

    @property
    def ok(self):
        """Whether the last attempt succeeded."""
        return self.statuses[-1] == 200


def _session(patience=60):
    timeout = aiohttp.ClientTimeout(total=patience)
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout)


async def _attempt(session, request, outcome):
    try:
        async with session.request(**request) as response:
            await response.read()
            outcome.headers = response.headers
            outcome.statuses.append(response.status)
    except (aiohttp.ClientError, asyncio.TimeoutError) as error:
        outcome.statuses.append(type(error).__name__)


async def _load(request, clients, requests, seconds, retries, events, stop):
    outcomes, happening = [], []
    begun = 0
    deadline = time.perf_counter() + seconds

    async def client(session):
        nonlocal begun
        while begun < requests and time.perf_counter() < deadline and not (stop and stop.is_set()):
            begun += 1
            if begun in events:
                happening.append(asyncio.create_task(asyncio.to_thread(events[begun])))
            started = time.perf_counter()
            outcome = Outcome()
            await _attempt(session, request, outcome)
            while not outcome.ok and len(outcome.statuses) <= retries:
                await _attempt(session, request, outcome)
            outcome.ended = time.perf_counter()
            outcome.seconds = outcome.ended - started
            outcomes.append(outcome)

    async with _session() as session:
        await asyncio.gather(*(client(session) for _ in range(clients)))
    await asyncio.gather(*happening)
    return outcomes


def load(request, *, clients, requests=10**9, seconds=10**9, retries=0, events=None, stop=None):
    """Send one request again and again from several clients, each of which waits for its answer.

    Args:
        request: The arguments of aiohttp's ClientSession.request().
        clients: How many send at once.
        requests: How many are sent in all, at most.
        seconds: For how long new ones are sent, at most.
        retries: How often a request that is not answered with 200 is sent again, at once.
        events: Functions to call in a thread, keyed by the number of the request at which they run.
        stop: A threading.Event that ends the load.

    Returns:
        An Outcome for each request, in the order in which they ended.
    """
    return asyncio.run(_load(request, clients, requests, seconds, retries, events or {}, stop))


def arrivals(rate, seconds, seed=0):
    """Return when requests are due, in seconds from the start: at random, like those of many independent users."""
    chance = random.Random(seed)
    return sorted(chance.uniform(0, seconds) for _ in range(round(rate * seconds)))


async def _load_at(request, schedule, patience):
    started = time.perf_counter()

    async def send(session, due):
        outcome = Outcome()
        await _attempt(session, request, outcome)
        outcome.ended = time.perf_counter()
        outcome.seconds = outcome.ended - started - due
        return outcome

    sent = []
    async with _session(patience) as session:
        for due in schedule:
            await asyncio.sleep(started + due - time.perf_counter())
            sent.append(asyncio.create_task(send(session, due)))
        return await asyncio.gather(*sent)


def load_at(request, schedule, patience=60):
    """Send one request again and again, each when it is due, whether or not earlier ones have been answered.

    The time of an answer counts from when its request was due. So it includes the wait that a busy server, or a busy
    generator of load, has caused before the request was even sent.

    Args:
        request: The arguments of aiohttp's ClientSession.request().
        schedule: When requests are due, in seconds from the start, in order. arrivals() makes such a list.
        patience: How many seconds to wait for an answer.

    Returns:
        An Outcome for each request, in the order in which they were due.
    """
    return asyncio.run(_load_at(request, schedule, patience))
