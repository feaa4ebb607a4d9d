"""What the maintainers run: the tour, the pictures, the benchmarks."""
