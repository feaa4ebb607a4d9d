"""C++: from Python, you call functions as tasks, objects as actors, and a slow loop runs many times as fast.

Run:   python languages/cpp.py
Docs:  https://docs.ray.io/en/latest/ray-core/cross-language.html
Needs: pip install -r languages/requirements.txt, and g++
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import ray
from ray.cross_language import cpp_actor_class, cpp_function
from ray.job_config import JobConfig

HERE = Path(__file__).resolve().parent
CPP = Path(ray.__file__).with_name("cpp")  # comes with the package ray-cpp


def compile_chains(folder):
    """Compile chains.cpp into a library in a folder."""
    if not (CPP.exists() and shutil.which("g++")):
        sys.exit("This needs g++ and Ray's C++ API: apt install g++, pip install -r languages/requirements.txt")
    options = ["-std=c++17", "-O2", "-fPIC", "-shared", f"-I{CPP / 'include'}"]
    options += ["-D_GLIBCXX_USE_CXX11_ABI=0"]  # Ray's library was built with the older layout of std::string
    library = [f"-L{CPP / 'lib'}", "-Wl,--no-as-needed", "-lray_api"]  # without the flag, the linker drops ray_api
    subprocess.run(["g++", *options, HERE / "chains.cpp", *library, "-o", f"{folder}/chains.so"], check=True)


def steps_of(number):
    """Count the steps to 1: halve an even number, turn an odd n into 3n + 1 (the Collatz sequence)."""
    steps = 0
    while number != 1:
        number = 3 * number + 1 if number % 2 else number // 2
        steps += 1
    return steps


@ray.remote
def longest(limit):
    """Return the largest step count of all numbers below a limit."""
    return max(steps_of(number) for number in range(1, limit))


@ray.remote
def longest_with_numpy(limit):
    """Return the same: all numbers take each step together, and those that reach 1 drop out."""
    numbers, steps = np.arange(2, limit), 0
    while numbers.size:
        numbers = np.where(numbers % 2, 3 * numbers + 1, numbers // 2)
        numbers = numbers[numbers > 1]
        steps += 1
    return steps


@ray.remote
def describe(steps):
    """Return a sentence. chains.cpp calls this."""
    return f"at most {steps} steps"


def timed(task, limit=200_000):
    """Return the result of a task, and the seconds that it took."""
    ray.get(task.remote(10))  # starts the worker
    began = time.perf_counter()
    return ray.get(task.remote(limit)), time.perf_counter() - began


def main():
    with tempfile.TemporaryDirectory() as folder:
        compile_chains(folder)
        # Workers look in these folders for libraries and Python modules. On a cluster, each node needs both.
        config = JobConfig(code_search_path=[folder, str(HERE)])
        ray.init(address=os.environ.get("RAY_ADDRESS") or "local", job_config=config, log_to_driver=False)

        # Call a C++ function by its name. Python and NumPy find the same number, but take longer.
        steps, fastest = timed(cpp_function("longest"))
        print("C++:", steps, "steps")
        for name, task in ("Python", longest), ("NumPy", longest_with_numpy):
            steps, seconds = timed(task)
            print(f"{name}: {steps} steps, {seconds / fastest:.1f} times as long")
        # -> C++: 382 steps
        # -> Python: 382 steps, ... times as long
        # -> NumPy: 382 steps, ... times as long

        # An actor: name the function that makes the object, then its class. The first line of output is Ray's.
        record = cpp_actor_class("new_record", "Record").remote()
        print("most so far:", ray.get([record.add.remote(number) for number in (6, 27, 9)]))
        # -> create func= new_record class_name= Record
        # -> most so far: [8, 111, 111]

        # C++ calls Python: described() runs describe() as a task.
        print("below 1000:", ray.get(cpp_function("described").remote(1000)))
        # -> below 1000: at most 178 steps

        # A C++ exception arrives as a CrossLanguageError.
        try:
            ray.get(cpp_function("longest").remote(1))
        except ray.exceptions.CrossLanguageError as error:
            print(str(error).splitlines()[-1])
            # -> Invalid: An exception was thrown while executing function(longest): std::invalid_argument: ...


if __name__ == "__main__":
    main()
