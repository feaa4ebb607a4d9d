"""On four CPUs, two tasks with two CPUs each run at once."""

import time

import ray


@ray.remote(num_cpus=2)
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
