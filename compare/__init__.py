"""Compares Ray with other tools."""
