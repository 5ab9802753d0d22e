"""What can go wrong, by the kinds of the protocol; messages are one sentence: the value, the place, the remedy."""


class WorkerError(Exception):
    """An error with the protocol's kind; any other exception counts as `failed`."""

    kind = "failed"


class Failed(WorkerError):
    """The request is wrong, a file is missing, or something went wrong."""


class Unsupported(WorkerError):
    """This worker cannot do that, and never will."""

    kind = "unsupported"


class OutOfMemory(WorkerError):
    """The device or the process had not enough memory."""

    kind = "out_of_memory"
