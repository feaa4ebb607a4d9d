"""If no IPU is free, the task does not try again."""


@ray.remote(max_retries=0)
def compute(folder, number, killed=False):
    """Choose an IPU, and return the result of use(). The folder has the files 0, 1, 2 and 3, one for each IPU."""
    for ipu in range(4):
        with open(folder / str(ipu)) as file:
            try:
                lock(file)
            except BlockingIOError:
                continue
            return use(ipu, killed)
