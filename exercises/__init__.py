"""Exercises: files with a gap, which checks.test_O1 and its like check by what they do."""
