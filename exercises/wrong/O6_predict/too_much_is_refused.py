"""Ray refuses a request for more CPUs than there are."""

PREDICTED = {"1.5 CPUs each": 2, "five CPUs": False, "one MB": 100}
