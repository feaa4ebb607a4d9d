"""The checks of the exercises."""
