"""Two actors hold the licences, and take turns."""


@ray.remote(resources={"licence": 1})
class Solver:
    """Holds a licence."""

    def solve(self, case):
        """Run the program on a case and return the solution."""
        time.sleep(0.5)  # stands in for the program
        return case * 10


def solve_all(cases):
    """Return the solutions of all cases."""
    solvers = [Solver.remote(), Solver.remote()]
    return ray.get([solvers[index % 2].solve.remote(case) for index, case in enumerate(cases)])
