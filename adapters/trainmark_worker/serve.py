"""The end of every adapter: `serve(MyAdapter, OPTIONS)`."""
from __future__ import annotations

from .adapter import Adapter
from .channel import serve_lines
from .neighbours import NeighboursAdapter, NeighboursSession
from .session import Session
from .start import Options


def serve(adapter: type[Adapter] | type[NeighboursAdapter], options: Options) -> None:
    """Answers requests from stdin until `quit` or its end."""
    made = adapter(options)
    session = NeighboursSession(made) if isinstance(made, NeighboursAdapter) else Session(made)
    try:
        serve_lines(0, options.answers, session.handlers(), made.is_out_of_memory)
    except BrokenPipeError:
        pass  # the supervisor is gone
