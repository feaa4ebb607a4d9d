"""The models without a server: calls one in a loop for some seconds and prints the answers per second.

Run:  OMP_NUM_THREADS=1 python -m compare.serving.bare image|text SECONDS    then press Enter
"""

import sys
import time

from compare.serving.models import BATCH, LOAD
from tests.support.served import PHOTO, TEXT


def main(name, seconds):
    """Print the rate of one process."""
    classify = LOAD[name]()
    content, size = {"image": (PHOTO, 1), "text": ([TEXT] * BATCH, BATCH)}[name]
    classify(content)
    input("ready\n")  # several processes start together
    started, calls = time.perf_counter(), 0
    while time.perf_counter() < started + seconds:
        classify(content)
        calls += 1
    print(calls * size / (time.perf_counter() - started))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
