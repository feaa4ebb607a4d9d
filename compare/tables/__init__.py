"""The same table work with several tools."""

# Each process runs them in this order.
QUESTIONS = ["pipeline", "inference"]
MEMORY_ROUNDS = 2  # of the five: memory takes as long to measure as time, and varies less
# Packages whose versions the results record.
PACKAGES = {
    "pandas": ["pandas", "pyarrow"],
    "polars": ["polars"],
    "duckdb": ["duckdb"],
    "dask": ["dask", "distributed", "pandas", "pyarrow"],
    "spark": ["pyspark"],
    "modin": ["modin", "ray", "pandas"],
    "ray_data": ["ray", "pyarrow"],
}
