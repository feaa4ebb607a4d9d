"""Run at most two copies of a program at the same time, because there are two licences.

Task:  There are two licences for the program that solve() runs, so at most two tasks may run it at the same time. The
       cluster has two units of a custom resource, "licence". Change the file so that Ray enforces the limit, however
       many CPUs the cluster has.
Check: make exercises ONLY=O6_licence
Look:  O6_resources.py, the printer
Time:  5 minutes
"""

import time

import ray


@ray.remote  # TODO: Ray reserves one CPU for each call, and nothing else.
def solve(case):
    """Run the program on a case and return the solution."""
    time.sleep(0.5)  # stands in for the program
    return case * 10


def solve_all(cases):
    """Return the solutions of all cases."""
    return ray.get([solve.remote(case) for case in cases])


if __name__ == "__main__":
    ray.init(address="local", num_cpus=4, resources={"licence": 2})
    print(solve_all(range(6)))
