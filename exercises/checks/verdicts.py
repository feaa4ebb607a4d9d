"""How an answer can fail, besides by a wrong result."""


class SlowError(AssertionError):
    """The result is right, but too little happened at once."""


class HungError(AssertionError):
    """The answer did not end."""
