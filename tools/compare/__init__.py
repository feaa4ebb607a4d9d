"""Measures the same work with Ray and other tools: `make compare`. The code for each tool is in compare/."""
