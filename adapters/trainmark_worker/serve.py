"""The end of every adapter: `serve(MyAdapter, OPTIONS)`."""
from __future__ import annotations

from .adapter import Adapter
from .channel import serve_lines
from .session import Session
from .start import Options


def serve(adapter: type[Adapter], options: Options) -> None:
    """Answers requests from stdin until `quit` or its end."""
    made = adapter(options)
    try:
        serve_lines(0, options.answers, Session(made).handlers(), made.is_out_of_memory)
    except BrokenPipeError:
        pass  # the supervisor is gone
