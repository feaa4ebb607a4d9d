"""Runtime environments: Ray ships modules and variables to the workers, for all tasks or for a single one.

Run:   python patterns/runtime_environment.py
Docs:  https://docs.ray.io/en/latest/ray-core/handling-dependencies.html
"""

import importlib
import importlib.util
import os
import tempfile
from pathlib import Path

import ray

MODULE = "def greet(name):\n    return f'Hello, {name}!'\n"


@ray.remote
def greet():
    """Greet the person named in the variable NAME, with a module that only workers have."""
    return importlib.import_module("greetings").greet(os.environ.get("NAME", "stranger"))


def main():
    with tempfile.TemporaryDirectory() as folder:
        module = Path(folder) / "greetings"
        module.mkdir()
        (module / "__init__.py").write_text(MODULE)

        # Ray copies the module to every node on which a task of this script runs.
        ray.init(address=os.environ.get("RAY_ADDRESS") or "local", runtime_env={"py_modules": [str(module)]})
        print("module of this process:", importlib.util.find_spec("greetings"))
        # -> module of this process: None
        print("a task:", ray.get(greet.remote()))
        # -> a task: Hello, stranger!

        # This task adds a variable. "pip" and "uv" add packages, but if Ray runs in a virtual environment, it first
        # copies all of it, so install what every task needs on the nodes.
        print("one with NAME:", ray.get(greet.options(runtime_env={"env_vars": {"NAME": "Ada"}}).remote()))
        # -> one with NAME: Hello, Ada!


if __name__ == "__main__":
    main()
