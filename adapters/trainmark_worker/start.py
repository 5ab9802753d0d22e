"""What must happen before a framework (or NumPy) is imported: command line, stdout, environment.

Imports only the standard library. Frameworks print to stdout while they are imported, and read the number of their
threads from the environment then; afterwards it is too late.
"""
from __future__ import annotations

import argparse
import fcntl
import os
import sys
from dataclasses import dataclass

# Numbers of threads that libraries read when they are loaded.
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)


@dataclass(frozen=True)
class Options:
    """The command line of every adapter."""

    platform: str  # as the supervisor calls it, e.g. pytorch-cpu; "": the adapter's first
    mode: str  # one of the adapter's modes; "": the first
    threads: int  # threads that the environment was set for
    answers: int  # descriptor of the answers: what stdout was
    compiler_cache: str = ""  # folder where compiled code is kept between processes; "": none, every process compiles anew


def allowed_cpus() -> int:
    """CPUs that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def set_stdout_aside() -> int:
    """A close-on-exec copy of descriptor 1, which is descriptor 2 from now on: prints go to the worker's log."""
    sys.stdout.flush()
    answers = fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, 3)
    os.dup2(2, 1)
    return answers


def set_environment(threads: int | None, variables: dict[str, str]) -> int:
    """Sets THREAD_VARIABLES and `variables`, in whose values {threads} is the number; returns that number.

    A number of the command line (`threads`) replaces what the environment says; else the user's own values stay.
    """
    number = threads or allowed_cpus()
    wanted = {name: "{threads}" for name in THREAD_VARIABLES} | variables
    for name, value in wanted.items():
        if threads is not None or name not in os.environ:
            os.environ[name] = value.replace("{threads}", str(number))
    return number


def parse(arguments: list[str]) -> argparse.Namespace:
    """--platform, --mode, --threads, --compiler-cache."""
    parser = argparse.ArgumentParser(description="A worker of trainmark: requests on stdin, answers on stdout (docs/protocol.md).")
    parser.add_argument("--platform", default="", help="name of the platform, for adapters that have several")
    parser.add_argument("--mode", default="", help="variant of the platform; hello lists them")
    parser.add_argument("--threads", type=int, default=None, help="threads to compute with; set before the framework is loaded")
    parser.add_argument("--compiler-cache", default="", metavar="DIR", help="folder that keeps compiled code for the next worker; without it each one compiles anew")
    return parser.parse_args(arguments)


def begin(name: str, variables: dict[str, str] | None = None) -> Options:
    """To be called with `__name__` at the top of an adapter, before its other imports.

    Does its work only where the adapter is the program; where it is imported (by tests) it returns plain options.
    `variables` are further environment variables, e.g. {"NPROC": "{threads}"}.
    """
    if name != "__main__":
        return Options("", "", allowed_cpus(), -1)
    arguments = parse(sys.argv[1:])
    if arguments.threads is not None and not 1 <= arguments.threads <= 4096:
        sys.exit(f"--threads must be from 1 to 4096, not {arguments.threads}")
    answers = set_stdout_aside()
    threads = set_environment(arguments.threads, variables or {})
    return Options(arguments.platform, arguments.mode, threads, answers, arguments.compiler_cache)
