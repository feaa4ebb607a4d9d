"""Each call requests a licence, and the task itself does not."""


@ray.remote
def solve(case):
    """Run the program on a case and return the solution."""
    time.sleep(0.5)  # stands in for the program
    return case * 10


def solve_all(cases):
    """Return the solutions of all cases."""
    return ray.get([solve.options(resources={"licence": 1}).remote(case) for case in cases])
