"""Tasks and objects behave as lesson O1 says, against plain Python and NumPy."""

import os

import numpy as np
import psutil
import pytest
import ray

import O1_tiny_demo as lesson

pytestmark = pytest.mark.usefixtures("ray_here")


@ray.remote
def memory_behind(array):
    """Return the file that holds the memory of an array in this process, Linux only."""
    address = array.__array_interface__["data"][0]
    for region in psutil.Process().memory_maps(grouped=False):
        first, last = (int(end, 16) for end in region.addr.split("-"))
        if first <= address < last:
            return os.getpid(), region.path


def sieve(limit):
    """Return an array that tells of each number below the limit whether it is prime, by Eratosthenes' sieve."""
    prime = np.ones(limit, dtype=bool)
    prime[:2] = False
    for n in range(2, int(limit**0.5) + 1):
        prime[n * n :: n] = False
    return prime


def test_sum_of_a_matrix_is_numpys():
    matrix = np.random.default_rng(0).normal(size=(50, 70))
    assert ray.get(lesson.sum_matrix.remote(matrix)) == pytest.approx(matrix.sum())


def test_blocks_of_rows_add_up_to_the_whole():
    matrix = np.arange(100 * 30).reshape(100, 30)
    reference = ray.put(matrix)
    blocks = [lesson.sum_rows.remote(reference, row, row + 25) for row in range(0, 100, 25)]
    assert ray.get(blocks) == [matrix[row : row + 25].sum() for row in range(0, 100, 25)]
    assert ray.get(lesson.add_up.remote(*blocks)) == matrix.sum()


@pytest.mark.parametrize(("first", "last"), [(0, 3), (0, 10_000), (9_000, 9_050), (24, 28)])
def test_primes_are_those_of_a_sieve(first, last):
    assert ray.get(lesson.count_primes.remote(first, last)) == sieve(last)[first:].sum()


def test_constants_cover_the_whole_matrix_and_all_numbers():
    assert 4 * lesson.ROWS_PER_TASK == lesson.SIDE
    assert 4 * lesson.NUMBERS_PER_TASK == lesson.LIMIT
    assert sieve(lesson.LIMIT).sum() == 17984


def test_a_task_cannot_change_what_others_read():
    reference = ray.put(np.zeros((10, 10)))
    assert ray.get(lesson.write_into.remote(reference)) == "assignment destination is read-only"
    assert ray.get(reference).sum() == 0


def test_two_processes_read_one_memory():
    if not psutil.LINUX:
        pytest.skip("the maps of a process's memory are read from /proc")
    reference = ray.put(np.zeros(10_000_000, dtype=np.uint8))
    pid, file = ray.get(memory_behind.remote(reference))
    assert pid != os.getpid()
    assert file  # memory of one process alone has no name
    assert file == memory_behind._function(ray.get(reference))[1]
