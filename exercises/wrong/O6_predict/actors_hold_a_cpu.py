"""An actor reserves a CPU, like a task."""

PREDICTED = {"1.5 CPUs each": 2, "two actors": [1, 2], "five CPUs": True, "one MB": 100}
