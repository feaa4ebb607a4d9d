"""PopTorch's errors as plain data, since PopTorch's own exceptions do not survive pickling, and Ray pickles them."""


class IPUError(RuntimeError):
    """A PopTorch error that any process can unpickle. Its argument is what describe() returned."""

    def __str__(self):
        [details] = self.args
        action = details["recovery_action"]
        advice = f" (an operator has to do: {action})" if action else ""
        return f"{details['error']}: {details['message']}{advice}"


def describe(error):
    """Return an error as a dict of strings."""
    if isinstance(error, IPUError):
        return error.args[0]
    return {
        "error": type(error).__name__,
        "message": str(getattr(error, "message", error)),
        "recovery_action": getattr(error, "recovery_action", None),
    }
