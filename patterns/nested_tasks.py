"""Nested tasks: a task that finds more to do starts tasks itself, and the driver makes one call.

Run:   python patterns/nested_tasks.py
Docs:  https://docs.ray.io/en/latest/ray-core/patterns/nested-tasks.html
"""

import os

import ray

# A tree of folders, each with its files' sizes and its folders. Nobody knows its shape before he has looked.
TREE = ([1, 2], [([3], [([4, 5], []), ([6], [])]), ([7, 8], [([9], [([10], [])])])])


def add_up_alone(tree):
    """Return the size of all files, in this process."""
    files, folders = tree
    return sum(files) + sum(add_up_alone(folder) for folder in folders)


@ray.remote(num_cpus=0.1)
def add_up(tree):
    """Return the size of all files. Each folder is looked at by a task of its own."""
    files, folders = tree
    # While a task waits in ray.get(), it gives its CPU to others. Otherwise the tree would soon wait for itself.
    return sum(files) + sum(ray.get([add_up.remote(folder) for folder in folders]))


def main():
    """Run the pattern."""
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")

    # In a loop the driver would wait for one level of the tree before it starts the next.
    print("one call:", ray.get(add_up.remote(TREE)))
    # -> one call: 55
    print("alone:", add_up_alone(TREE))
    # -> alone: 55


if __name__ == "__main__":
    main()
