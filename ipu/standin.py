"""A stand-in for the part of PopTorch 3.4 that this folder uses. It computes with PyTorch, on the CPU.

It takes the calls in the same names, order and shapes, so that scripts written for IPUs run without one, and fails
where PopTorch would. It knows nothing of what makes an IPU: compiling, its memory, its arithmetic, its speed.
tests/support/stubs/poptorch.pyi holds the signatures, with where they are from.
"""

import copy
from enum import IntEnum

import torch


class ConnectionType(IntEnum):
    """When to attach to the device."""

    Always = 0
    OnDemand = 1
    Never = 2


class OutputMode(IntEnum):
    """Which of the results of a call are returned."""

    Final = 0
    EveryN = 1
    All = 2
    Sum = 3
    Default = 4


class Error(Exception):
    """What PopTorch raises. Its attributes are on the type, as PopTorch's are, and do not survive pickling."""


class RecoverableError(Error):
    """The device works again after what recovery_action says."""


class UnrecoverableError(Error):
    """The device does not work again by itself."""


def _error(kind, message, **attributes):
    for name, value in {"message": message, "type": "stand-in", "location": "stand-in", **attributes}.items():
        setattr(kind, name, value)
    return kind(message)


_failure = None


def fail_next(kind, message, **attributes):
    """Make the next call of any model in this process raise an error, which no real device does on request."""
    global _failure
    _failure = _error(kind, message, **attributes)


class _Settings:
    """Values that setters change, until they are given to a model."""

    def __init__(self, **values):
        self._values, self._frozen = values, False

    def _set(self, **values):
        if self._frozen:
            raise AttributeError("Can't modify frozen Options")
        self._values.update(values)
        return self


class _Training(_Settings):
    """Options of training."""

    def gradientAccumulation(self, gradient_accumulation):
        """Add up the gradients of so many batches before a step."""
        return self._set(gradient_accumulation=gradient_accumulation)


class Options(_Settings):
    """Options of a model. Setters return the object, so that they can be chained."""

    def __init__(self):
        super().__init__(device_iterations=1, replication_factor=1, output_mode=OutputMode.Default, connection=0)
        self._training = _Training(gradient_accumulation=1)

    @property
    def Training(self):
        """Options of training."""
        return self._training

    def clone(self):
        """Return a copy that can be changed."""
        other = copy.deepcopy(self)
        other._frozen = other._training._frozen = False
        return other

    def deviceIterations(self, device_iterations):
        """Compute so many batches a call."""
        return self._set(device_iterations=device_iterations)

    def replicationFactor(self, replication_factor):
        """Use so many IPUs, each with a copy of the model and a part of the batch."""
        return self._set(replication_factor=replication_factor)

    def useIpuId(self, ipu_id):
        """Use this device."""
        assert isinstance(ipu_id, int)
        return self._set(ipu_id=ipu_id)

    def useIpuModel(self, use_model):
        """Simulate an IPU."""
        return self._set(use_model=use_model)

    def connectionType(self, connection_type):
        """Say when to attach to the device."""
        return self._set(connection=connection_type)

    def enableExecutableCaching(self, path):
        """Keep what was compiled in this folder. The stand-in compiles nothing and keeps nothing."""
        return self._set(cache=path)

    def outputMode(self, output_mode, output_return_period=None):
        """Say which results to return. The stand-in knows All and Final."""
        return self._set(output_mode=output_mode)

    def showCompilationProgressBar(self, show=True):
        """Show how far the compiler is."""
        return self._set(show=show)


class PoplarExecutor:
    """A model on a device."""

    def __init__(self, model, options, optimizer=None):
        options._frozen = options._training._frozen = True
        self._model, self._options, self._optimizer = model, options._values, optimizer
        self._accumulate = options._training._values["gradient_accumulation"]
        if optimizer is None and self._accumulate != 1:
            raise _error(Error, "Gradient accumulation must be 1 for inference")
        self._shapes, self._attached = None, False
        default = OutputMode.Final if optimizer else OutputMode.All
        mode = self._options["output_mode"]
        self._mode = default if mode == OutputMode.Default else mode
        if self._mode not in (OutputMode.All, OutputMode.Final):
            raise NotImplementedError("the stand-in returns all results or the final one")

    @property
    def _parts(self):
        """Into how many batches a call's input is divided."""
        return self._options["device_iterations"] * self._options["replication_factor"] * self._accumulate

    def compile(self, *args):
        """Fix the shapes of the input, and attach to the device. A second time it does nothing."""
        if self.isCompiled():
            return
        for tensor in args:
            assert len(tensor) % self._parts == 0, f"{len(tensor)} rows cannot be divided into {self._parts} batches"
        self._shapes = [tensor.shape for tensor in args]
        self._attached = self._options["connection"] != ConnectionType.Never

    def __call__(self, *args):
        """Return what the model returns. A training model makes a step as well."""
        global _failure
        assert self._options["connection"] != ConnectionType.Never, (
            "this model was compiled for a device that is not here"
        )
        if not self.isCompiled():
            self.compile(*args)
        if not self._attached:
            self.attachToDevice()
        if _failure:
            failure, _failure = _failure, None
            raise failure
        if [tensor.shape for tensor in args] != self._shapes:
            raise _error(Error, f"the model was compiled for inputs of the shapes {self._shapes}")
        batches = zip(*(tensor.chunk(self._parts) for tensor in args))
        outputs = self._infer(batches) if self._optimizer is None else self._train(batches)
        # The final results are those of the last batch on each replica.
        return _concatenate(
            outputs[-self._options["replication_factor"] :] if self._mode == OutputMode.Final else outputs
        )

    @torch.no_grad()
    def _infer(self, batches):
        return [self._model(*batch) for batch in batches]

    def _train(self, batches):
        """Step after every group of batches that are accumulated or on different replicas. The loss comes last."""
        outputs, together = [], self._accumulate * self._options["replication_factor"]
        for number, batch in enumerate(batches, start=1):
            *values, loss = self._model(*batch)
            (loss / together).backward()
            outputs.append(tuple(value.detach() for value in (*values, loss)))
            if number % together == 0:
                self._optimizer.step()
                self._optimizer.zero_grad()
        return outputs

    def isCompiled(self):
        """Tell whether the shapes are fixed."""
        return self._shapes is not None

    def isAttachedToDevice(self):
        """Tell whether the device is in use."""
        return self._attached

    def attachToDevice(self):
        """Take the device."""
        self._need(self.isCompiled(), "The model has not been compiled")
        assert self._options["connection"] != ConnectionType.Never, "Trying to attach to an offline device"
        self._need(not self._attached, "Device is already attached")
        self._attached = True

    def detachFromDevice(self):
        """Give the device back."""
        self._need(self.isCompiled(), "The model has not been compiled")
        self._need(self._attached, "Device is not attached")
        self._attached = False

    def copyWeightsToHost(self):
        """Bring the model's parameters up to date. The stand-in has no others."""
        self._need(self.isCompiled(), "The model has not been compiled")

    def destroy(self):
        """Give the device back and forget what was compiled."""
        self._shapes, self._attached = None, False

    @staticmethod
    def _need(condition, message):
        if not condition:
            raise _error(Error, message)


def _concatenate(outputs):
    """Return the results of several batches as those of one: tensors, or tuples of them."""
    if isinstance(outputs[0], torch.Tensor):
        return torch.cat(outputs) if outputs[0].ndim else torch.stack(outputs)
    return tuple(_concatenate(values) for values in zip(*outputs))


def inferenceModel(model, options=None):
    """Return a model that computes results on a device. Call model.eval() before."""
    return PoplarExecutor(model, options or Options())


def trainingModel(model, options=None, optimizer=None):
    """Return a model that makes a step on a device at each call. Its forward() returns the loss last."""
    optimizer = optimizer or torch.optim.SGD(model.parameters(), lr=0.01)
    return PoplarExecutor(model, options or Options(), optimizer)
