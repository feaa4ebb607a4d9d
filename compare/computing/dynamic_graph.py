"""How does a tool run tasks that are discovered while others run?

Visiting a page takes 0 to 29 milliseconds and finds links to two others. Each of 150 pages must be visited once.
"""

from compare.computing.work import burn

CASES = {"150 pages": 150}
QUICK = {"20 pages": 20}


def prepare(count):
    """Return the number of pages."""
    return count


def visit(page, count):
    """Return the page and the pages that it links to."""
    burn(page * 17 % 30 / 1000)
    return page, [(page + 1) % count, (page + 7) % count]


def with_plain_python(_, count):
    visited, waiting = {0}, [0]
    while waiting:
        _, named = visit(waiting.pop(), count)
        new = set(named) - visited
        visited |= new
        waiting += new
    return sorted(visited)


def with_futures(pool, count):
    from concurrent.futures import FIRST_COMPLETED, wait

    visited, waiting = {0}, {pool.submit(visit, 0, count)}
    while waiting:
        done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        new = {page for task in done for page in task.result()[1]} - visited
        visited |= new
        waiting |= {pool.submit(visit, page, count) for page in new}
    return sorted(visited)


def with_joblib(parallel, count):
    from joblib import delayed

    # joblib needs all calls up front, so each round of calls must end before the next starts.
    visited, waiting = {0}, {0}
    while waiting:
        results = parallel()(delayed(visit)(page, count) for page in waiting)
        waiting = {page for _, named in results for page in named} - visited
        visited |= waiting
    return sorted(visited)


def with_dask(client, count):
    from dask.distributed import as_completed

    # https://docs.dask.org/en/stable/futures.html#waiting-on-futures
    visited = {0}
    waiting = as_completed([client.submit(visit, 0, count, pure=False)], with_results=True)
    for _, (_, named) in waiting:
        new = set(named) - visited
        visited |= new
        waiting.update([client.submit(visit, page, count, pure=False) for page in new])
    return sorted(visited)


def with_spark(context, count):
    # As with joblib: a job needs all its tasks up front.
    visited, waiting = {0}, {0}
    while waiting:
        results = context.parallelize(waiting, len(waiting)).map(lambda page: visit(page, count)).collect()
        waiting = {page for _, named in results for page in named} - visited
        visited |= waiting
    return sorted(visited)


def with_ray(_, count):
    import ray

    # https://docs.ray.io/en/latest/ray-core/tasks.html#waiting-for-partial-results
    task = ray.remote(visit)
    visited, waiting = {0}, [task.remote(0, count)]
    while waiting:
        done, waiting = ray.wait(waiting)
        new = {page for _, named in ray.get(done) for page in named} - visited
        visited |= new
        waiting += [task.remote(page, count) for page in new]
    return sorted(visited)
