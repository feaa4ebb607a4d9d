"""Two halves of a licence for two tasks, so that four run."""


@ray.remote(resources={"licence": 0.5})
def solve(case):
    """Run the program on a case and return the solution."""
    time.sleep(0.5)  # stands in for the program
    return case * 10
