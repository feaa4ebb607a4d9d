"""The same computations with several tools."""

# Each process runs them in this order.
QUESTIONS = [
    "shared_array",
    "tree_reduction",
    "tasks",
    "batches",
    "vectorised",
    "state",
    "dynamic_graph",
    "killed_worker",
]
MEMORY_ROUNDS = 5
# Packages whose versions the results record.
PACKAGES = {
    "plain_python": ["numpy"],
    "futures": [],
    "joblib": ["joblib"],
    "dask": ["dask", "distributed"],
    "spark": ["pyspark"],
    "ray": ["ray"],
}
