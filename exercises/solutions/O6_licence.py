"""Run a program only as often at once as there are licences for it.

Task:  There are two licences for the program that solve() runs. So it may run at most twice at once in the whole
       cluster, and it should run twice. The cluster has a custom resource called "licence", of which there are 2.
       Change the file so that Ray keeps count of the licences.
Check: make exercises ONLY=O6_licence
Look:  O6_resources.py, the printer
Time:  5 minutes
"""

import time

import ray


# exercise
# @ray.remote  # TODO: this requests one CPU, and nothing else.
# solution
@ray.remote(resources={"licence": 1})
# end
def solve(case):
    """Run the program on a case, and return the solution."""
    time.sleep(0.5)  # stands in for the program
    return case * 10


def solve_all(cases):
    """Return the solutions of all cases."""
    return ray.get([solve.remote(case) for case in cases])


if __name__ == "__main__":
    ray.init(address="local", num_cpus=4, resources={"licence": 2})
    print(solve_all(range(6)))
