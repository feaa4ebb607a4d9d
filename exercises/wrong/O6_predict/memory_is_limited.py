"""A task gets no more memory than it has requested."""

PREDICTED = {"1.5 CPUs each": 2, "five CPUs": True, "one MB": 1}
