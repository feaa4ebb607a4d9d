"""Nested tasks: a task that finds more work starts tasks itself, so the driver makes a single call.

Run:   python patterns/nested_tasks.py
Docs:  https://docs.ray.io/en/latest/ray-core/patterns/nested-tasks.html
"""

import os

import ray

# A tree of folders: the sizes of the files in each, and its subfolders. Its shape is not known in advance.
TREE = ([1, 2], [([3], [([4, 5], []), ([6], [])]), ([7, 8], [([9], [([10], [])])])])


def add_up_alone(tree):
    """Return the size of all files, in this process."""
    files, folders = tree
    return sum(files) + sum(add_up_alone(folder) for folder in folders)


@ray.remote(num_cpus=0.1)
def add_up(tree):
    """Return the size of all files. Each folder is a task of its own."""
    files, folders = tree
    # While a task waits in ray.get(), Ray lends its CPU to others. Otherwise, a deep tree would block itself. An actor
    # keeps its CPU, so actors that wait for each other like this can deadlock.
    return sum(files) + sum(ray.get([add_up.remote(folder) for folder in folders]))


def main():
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")

    # If tasks returned their subfolders to the driver instead, it would wait for each level before it started the next.
    print("one call:", ray.get(add_up.remote(TREE)))
    # -> one call: 55
    print("without Ray:", add_up_alone(TREE))
    # -> without Ray: 55


if __name__ == "__main__":
    main()
