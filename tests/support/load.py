"""Many clients at once, for the tests and the benchmark of the served models."""

import asyncio
import time
from dataclasses import dataclass, field

import aiohttp


@dataclass
class Outcome:
    """The outcome of one request."""

    seconds: float = 0.0  # from the first attempt to the last answer
    statuses: list = field(default_factory=list)  # one per attempt: HTTP's, or an exception's name
    headers: dict = field(default_factory=dict)  # of the last answer

    @property
    def ok(self):
        """Whether the last attempt succeeded."""
        return self.statuses[-1] == 200


async def _attempt(session, request, outcome):
    try:
        async with session.request(**request) as response:
            await response.read()
            outcome.headers = response.headers
            outcome.statuses.append(response.status)
    except aiohttp.ClientError as error:
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
            outcome.seconds = time.perf_counter() - started
            outcomes.append(outcome)

    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout) as session:
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
