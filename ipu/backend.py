"""PopTorch, or its stand-in on a machine without Graphcore's SDK. Importing this imports torch: do it in a worker."""

import contextlib
import os

import devices
from errors import IPUError, describe

os.environ.pop("POPTORCH_WAIT_FOR_IPU", None)  # PopTorch would wait for a busy device without a timeout

NAME, _ = devices.detect()
if NAME == devices.IPU:
    os.environ.pop("POPTORCH_IPU_MODEL", None)  # IPU_REQUIRED=1 requires real ones
if NAME != devices.STAND_IN:
    try:
        import poptorch
    except (ImportError, AssertionError) as error:  # the SDK is not enabled, or needs another torch
        raise devices.DeviceError(f"No PopTorch in this Python ({error}): see ipu/I5_old_python.py.") from None
else:
    import standin as poptorch


@contextlib.contextmanager
def plain_errors():
    """Turn PopTorch's errors into IPUErrors, which reach other processes intact. Some of them are AssertionErrors."""
    try:
        yield
    except (poptorch.Error, AssertionError) as error:
        raise IPUError(describe(error)) from None
