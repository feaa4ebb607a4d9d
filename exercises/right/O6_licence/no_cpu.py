"""The program runs elsewhere, so that it needs a licence, and no CPU."""


@ray.remote(num_cpus=0, resources={"licence": 1})
def solve(case):
    """Run the program on a case and return the solution."""
    time.sleep(0.5)  # stands in for the program
    return case * 10
