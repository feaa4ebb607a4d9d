"""Each task waits for the IPU that its number gives."""


@ray.remote(max_retries=0)
def compute(folder, number, killed=False):
    """Choose an IPU, and return the result of use(). The folder has the files 0, 1, 2 and 3, one for each IPU."""
    ipu = number * 4 // 6
    with open(folder / str(ipu)) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        return use(ipu, killed)
