"""Where a framework's compiler keeps its code: a folder that the command line names (--compiler-cache), or one of the process.

trainmark gives every trial an empty folder, so that compile times are those of a first start, and starts a worker that says
"compiler_cache": true in its hello once more on the folder that a trial has filled. The folder goes with the trial.
"""
from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path

from .start import Options


def compiler_cache(options: Options, name: str) -> str:
    """The folder for the compiler `name`: DIR/name, or a new one that is removed when the process ends."""
    if options.compiler_cache:
        folder = Path(options.compiler_cache).resolve() / name
        folder.mkdir(parents=True, exist_ok=True)
        return str(folder)
    temporary = tempfile.mkdtemp(prefix=f"trainmark-{name}-")
    atexit.register(shutil.rmtree, temporary, True)
    return temporary
