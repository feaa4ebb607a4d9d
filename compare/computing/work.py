"""Simulated work for the tasks of several questions."""

import time


def burn(seconds):
    """Use this many seconds of CPU time in this thread, however busy the machine is."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass
