"""PopTorch, or its stand-in on a machine without Graphcore's SDK. Importing this imports torch: do it in a worker."""

import contextlib
import os

import devices

os.environ.pop("POPTORCH_WAIT_FOR_IPU", None)  # with it PopTorch would wait for a busy device without end

NAME, _ = devices.detect()  # "ipu", "ipu-model" or "cpu stand-in"
if NAME != devices.STAND_IN:
    try:
        import poptorch
    except (ImportError, AssertionError) as error:  # the SDK is not enabled, or torch is not the one it was made for
        raise devices.DeviceError(f"PopTorch cannot be imported: {error}") from None
else:
    import standin as poptorch


def options(device: devices.Device) -> poptorch.Options:
    """Return Options for a leased device."""
    made = poptorch.Options()
    return made.useIpuModel(True) if devices.IPU_MODEL == NAME else made.useIpuId(device.id)


@contextlib.contextmanager
def plain_errors():
    """Turn PopTorch's errors into IPUError, which reaches other processes whole. Some of them are AssertionErrors."""
    try:
        yield
    except (poptorch.Error, AssertionError) as error:
        raise devices.IPUError(devices.describe(error)) from None
