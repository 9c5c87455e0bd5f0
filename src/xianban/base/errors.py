"""Every way in which Xianban says no, as one tree.

A message is one sentence a person can act on: what, where, remedy. Programmer mistakes are not
here; they stay `ValueError`.
"""


class XianbanError(Exception):
    """The trunk; never raised itself."""


class Refused(XianbanError):
    """We understood, and the answer is no."""


class BadInput(Refused):
    """Something given is wrong; `faults` lists each place where there are several."""

    def __init__(self, message: str, *, faults: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.faults = faults


class NotAllowed(Refused):
    """This person may not do or see this."""


class NotFound(Refused):
    """There is no such thing, or none that this person may know of."""


class WrongState(Refused):
    """It exists and is allowed in general, but not now."""


class Unavailable(XianbanError):
    """Something outside does not answer; trying again later may help."""


class BrokenPromise(XianbanError):
    """Our own data contradict themselves; wake someone."""
