"""Limits of a process that reads files of others: memory, time, what it may write, no network.

They are set on the process itself, after it was forked and before it sees a file. Linux keeps
all of them; elsewhere those are left out that the system does not have (Windows has none).
"""

import ctypes
import os
import platform
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

if sys.platform != "win32":
    import resource

MIB = 1 << 20
GIB = 1 << 30
OUT_OF_MEMORY = 71
"""Exit status of a process that ends itself for want of memory."""
DEAD_PARENT, NO_NEW_RIGHTS, SECCOMP, BY_FILTER = 1, 38, 22, 2
LOAD, EQUAL, ANSWER = 0x20, 0x15, 0x06
CALL_NUMBER, MACHINE = 0, 4
ALLOWED, DENIED = 0x7FFF0000, 0x00050000 | 13
FORBIDDEN = {
    "x86_64": (0xC000003E, {"socket": 41, "execve": 59, "execveat": 322, "io_uring_setup": 425}),
    "aarch64": (0xC00000B7, {"socket": 198, "execve": 221, "execveat": 281, "io_uring_setup": 425}),
}
"""Calls denied by the kernel, by machine: its number there, and theirs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a process may use.

    Attributes:
        memory: Memory of its own, beyond what it was forked with [bytes]; what it maps from files
            is not counted, and what is reserved is, used or not.
        seconds: Processor time for any task [s].
        seconds_per_mib: Processor time more for each MiB of the task's files [s].
        largest_file: Size of a file that is opened at all [bytes].
        written: Size of a file it writes [bytes].
        standstill: How long it may use no processor time before it is taken to wait for nothing,
            as for a thread that lacked the memory to begin [s]; longer than it waits for the vault.
    """

    memory: int = 3 * GIB
    seconds: int = 120
    seconds_per_mib: int = 4
    largest_file: int = 5 * GIB
    written: int = 64 * GIB
    standstill: int = 120

    @classmethod
    def of_environment(cls) -> Self:
        """The limits, with what the operator sets: ``SAMVERKAN_LARGEST_FILE`` [MiB]."""
        largest = os.environ.get("SAMVERKAN_LARGEST_FILE")
        return cls(largest_file=int(largest) * MIB) if largest else cls()

    def processor_time(self, size: int) -> int:
        """Processor time for a task whose files have a size [bytes] together [s]."""
        return self.seconds + self.seconds_per_mib * (size // MIB)

    def patience(self, size: int) -> int:
        """How long to wait for such a task [s]: others may use the machine and the vault too."""
        return 10 * self.processor_time(size)


def confine(limits: Limits) -> None:
    """Bind this process for good: its memory, what it writes, and nobody to talk to.

    It leaves no image of its memory when it fails, and ends with the process that forked it. A
    thread that lacks the memory to begin takes the process with it: whoever started it would wait
    for it for ever.
    """
    if sys.platform == "win32":
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _lower(resource.RLIMIT_DATA, _held() + limits.memory)
    _lower(resource.RLIMIT_FSIZE, limits.written)
    if sys.platform == "linux":
        _cut_off()
    sys.unraisablehook = _end_without_memory


def grant_processor_time(seconds: int) -> None:
    """Let this process work for some seconds from now; then the kernel ends it."""
    if sys.platform == "win32":
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    until = int(used.ru_utime + used.ru_stime) + seconds + 1
    within = until if most == resource.RLIM_INFINITY else min(until, most)
    resource.setrlimit(resource.RLIMIT_CPU, (within, most))


def processor_time_of(process: int) -> int | None:
    """Processor time that another process has used [ticks].

    None where no system tells, and while the process waits for a disk.
    """
    try:
        told = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if told[0] == "D" else sum(map(int, told[11:13]))


def fate(status: int) -> str | None:
    """What the end of a process says of the file it was reading; None if nothing.

    Args:
        status: Exit status, or the negative signal that ended it.
    """
    if sys.platform == "win32":
        return None
    if status == -signal.SIGXCPU:
        return "too_slow: reading the file takes far longer than its size allows; export it again"
    if status in (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGHUP, -signal.SIGINT, 0):
        return None
    return "too_large: reading the file takes more memory than is allowed; divide it"


def _held() -> int:
    """Memory of its own that this process has now [bytes]; 0 where no system tells."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[5])
    except OSError:
        return 0
    return pages * resource.getpagesize()


def _lower(kind: int, most: int) -> None:
    _, hard = resource.getrlimit(kind)
    within = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (within, within))


def _end_without_memory(failed: "sys.UnraisableHookArgs") -> None:
    if issubclass(failed.exc_type, MemoryError):
        os._exit(OUT_OF_MEMORY)
    sys.__unraisablehook__(failed)


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_ushort),
        ("if_so", ctypes.c_ubyte),
        ("if_not", ctypes.c_ubyte),
        ("operand", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("first", ctypes.POINTER(_Instruction)))


def _cut_off() -> None:
    """Have the kernel deny sockets and other programs, and end this process with its parent."""
    kernel = ctypes.CDLL(None, use_errno=True)
    kernel.prctl(DEAD_PARENT, signal.SIGKILL, 0, 0, 0)
    if platform.machine() not in FORBIDDEN:
        return
    number, calls = FORBIDDEN[platform.machine()]
    steps = [(LOAD, 0, 0, MACHINE), (EQUAL, 0, len(calls) + 2, number), (LOAD, 0, 0, CALL_NUMBER)]
    steps += [(EQUAL, len(calls) - at, 0, call) for at, call in enumerate(calls.values())]
    steps += [(ANSWER, 0, 0, ALLOWED), (ANSWER, 0, 0, DENIED)]
    first = (_Instruction * len(steps))(*(_Instruction(*step) for step in steps))
    program = _Program(len(steps), first)
    kernel.prctl(NO_NEW_RIGHTS, 1, 0, 0, 0)
    kernel.prctl(SECCOMP, BY_FILTER, ctypes.byref(program), 0, 0)
