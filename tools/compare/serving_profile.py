"""Shows where Ray Serve's time goes: the CPU time per answer, by kind of process, beside plain FastAPI.

python -m tools.compare.serving_profile [MODEL]    image by default, or text
"""

import sys
from collections import Counter

import psutil

from tests.support.load import load
from tools.compare.servers import Running
from tools.compare.serving import CLIENTS

NAMES = ["plain_fastapi", "ray_serve", "ray_serve_haproxy"]
SECONDS = 5
KINDS = {"ServeReplica": "replicas", "ProxyActor": "proxy", "haproxy": "HAProxy", "compare.serving": "main process"}


def kind(pid):
    """Return the role of a server's process."""
    try:
        command = " ".join(psutil.Process(pid).cmdline())
    except psutil.Error:
        return "ended"
    return next((name for part, name in KINDS.items() if part in command), "rest of Ray")


def main(model="image"):
    """Print the milliseconds of CPU time per answer for each server and number of clients."""
    for name in NAMES:
        server = Running(name, [model])
        try:
            load(server.request(model), clients=16, seconds=2)  # warm-up
            for clients in CLIENTS:
                before, spent = server.cpu_seconds(), Counter()
                answers = sum(outcome.ok for outcome in load(server.request(model), clients=clients, seconds=SECONDS))
                for pid, seconds in server.cpu_seconds().items():
                    spent[kind(pid)] += (seconds - before.get(pid, 0)) * 1000 / answers
                shares = ", ".join(f"{role} {value:.1f}" for role, value in spent.most_common() if value >= 0.1)
                print(f"{name}, {clients} clients: {answers / SECONDS:.0f} per second; CPU ms per answer: {shares}")
        finally:
            server.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
