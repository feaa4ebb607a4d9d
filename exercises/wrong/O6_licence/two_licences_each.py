"""The task requests all there are, not what it uses."""


@ray.remote(resources={"licence": 2})
def solve(case):
    """Run the program on a case and return the solution."""
    time.sleep(0.5)  # stands in for the program
    return case * 10
