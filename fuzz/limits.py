"""What one input may take of time and memory."""

from __future__ import annotations

import resource
import signal
import sys
import time
from collections.abc import Hashable
from pathlib import Path
from types import FrameType

from fuzz.fault import Fault
from fuzz.target import Target

SECONDS = 5.0
"""The most time that an input may take, of the processor's where the machine is busy."""
MEMORY = 500
"""The most memory that the process may come to, in MB."""
_PATIENCE = 6  # how many times as long by the clock, for what waits rather than works
_CEILING = 3 << 30  # bytes: what asks for more gets a MemoryError, and the machine lives on


class _Late(BaseException):
    """An input takes too long; not an `Exception`, so that the program does not handle it."""


class Limits:
    """Runs inputs, and raises where one breaks a limit.

    Attributes:
        worst: The longest that an input took, in seconds of the processor.
    """

    def __init__(self) -> None:
        self.worst = 0.0
        self._begun = self._clock = 0.0
        signal.signal(signal.SIGALRM, self._alarm)
        for which in (resource.RLIMIT_AS, resource.RLIMIT_DATA):
            _, hard = resource.getrlimit(which)
            if sys.platform == "linux":
                resource.setrlimit(which, (_CEILING, hard))

    def run(self, target: Target, data: bytes) -> Hashable:
        """Give an input to a target, and return what came of it.

        Raises:
            Fault: With what is wrong.
        """
        self._begun, self._clock = time.process_time(), time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        try:
            outcome = target.run(data)
        except Fault:
            raise
        except _Late:
            raise Fault("hang", f"no answer after {SECONDS:.0f} s") from None
        except MemoryError:
            raise Fault("memory", f"asks for more than {_CEILING >> 30} GB") from None
        except BaseException as error:
            raise Fault("traceback", f"{type(error).__name__}: {error}") from error
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        took = time.process_time() - self._begun
        self.worst = max(self.worst, took)
        if took > SECONDS:
            raise Fault("hang", f"takes {took:.1f} s")
        if peak() > MEMORY:
            raise Fault("memory", f"the process has come to {peak():.0f} MB")
        return outcome

    def _alarm(self, signum: int, frame: FrameType | None) -> None:
        """Give an input more time by the clock while the machine is busy with something else."""
        waited = time.monotonic() - self._clock
        if time.process_time() - self._begun < SECONDS and waited < _PATIENCE * SECONDS:
            signal.setitimer(signal.ITIMER_REAL, SECONDS / 4)
            return
        raise _Late


def peak() -> float:
    """Return the most memory that this process has had, in MB.

    On Linux a new program inherits the `ru_maxrss` of the process that started it, which a large
    test runner would charge to the input; `VmHWM` begins with the program.
    """
    if sys.platform == "linux":
        for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / (1 << 20 if sys.platform == "darwin" else 1 << 10)
