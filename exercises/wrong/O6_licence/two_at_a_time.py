"""The driver waits for pairs, and another driver knows nothing of it."""


@ray.remote
def solve(case):
    """Run the program on a case and return the solution."""
    time.sleep(0.5)  # stands in for the program
    return case * 10


def solve_all(cases):
    """Return the solutions of all cases."""
    solutions = []
    for start in range(0, len(cases), 2):
        solutions += ray.get([solve.remote(case) for case in cases[start : start + 2]])
    return solutions
