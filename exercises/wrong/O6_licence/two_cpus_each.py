"""On four CPUs, two tasks with two CPUs each run at once."""


@ray.remote(num_cpus=2)
def solve(case):
    """Run the program on a case and return the solution."""
    time.sleep(0.5)  # stands in for the program
    return case * 10
