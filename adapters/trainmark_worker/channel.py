"""Lines in, lines out. Whatever a line holds, it gets an answer; only `quit` and the end of stdin end the loop."""
from __future__ import annotations

import difflib
import json
import os
from typing import Any, Callable

from .errors import Failed, Unsupported, WorkerError

MOST_LINE_BYTES = 1 << 20  # without the newline, in either direction

Handler = Callable[[dict], dict]


class LineReader:
    """Reads lines from a descriptor that it does not own, and never holds much more than the longest line."""

    def __init__(self, descriptor: int, most_bytes: int = MOST_LINE_BYTES) -> None:
        self._descriptor = descriptor
        self._most_bytes = most_bytes
        self._received = bytearray()

    def read(self) -> bytes | None:
        """The next line without its newline, or None at the end; what came after the last newline is dropped.

        A line that is too long is read to its end and thrown away; then Failed is raised.
        """
        too_long = False
        searched = 0
        while True:
            newline = self._received.find(b"\n", searched)
            if newline >= 0:
                line = bytes(self._received[:newline])
                del self._received[: newline + 1]
                if too_long or newline > self._most_bytes:
                    raise Failed(f"a line may have at most {self._most_bytes} bytes")
                return line
            searched = len(self._received)
            if searched > self._most_bytes:
                too_long = True
                self._received.clear()
                searched = 0
            received = os.read(self._descriptor, 1 << 16)
            if not received:
                return None
            self._received += received


def write_line(descriptor: int, line: bytes) -> None:
    """Writes the line and a newline, whole."""
    left = memoryview(line + b"\n")
    while left:
        left = left[os.write(descriptor, left) :]


def error_kind(problem: BaseException, is_out_of_memory: Callable[[BaseException], bool]) -> str:
    """The protocol's word for an exception."""
    if isinstance(problem, WorkerError):
        return problem.kind
    if isinstance(problem, MemoryError) or is_out_of_memory(problem):
        return "out_of_memory"
    return "failed"


def error_message(problem: BaseException) -> str:
    """One line for people; exceptions that are not ours are named by their type."""
    text = " ".join(str(problem).split())
    if not isinstance(problem, WorkerError):
        text = f"{type(problem).__name__}: {text}"
    return text if len(text) <= 2000 else text[:2000] + " ..."


def parse_request(line: bytes) -> dict:
    """The request; Failed when the line is not a JSON object."""
    try:
        request = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError) as problem:
        raise Failed(f"the request is not valid JSON: {problem}") from None
    if not isinstance(request, dict):
        raise Failed("the request must be a JSON object")
    return request


def dispatch(request: dict, handlers: dict[str, Handler]) -> dict:
    """Calls the handler that the request names."""
    if "id" not in request:
        raise Failed("the request has no 'id'")
    name = request.get("request")
    if not isinstance(name, str):
        raise Failed("the request needs the member 'request', a string")
    if name not in handlers:
        near = difflib.get_close_matches(name, handlers, 1)
        hint = f" (did you mean '{near[0]}'?)" if near else ""
        raise Unsupported(f"there is no request '{name[:100]}'{hint}; this worker knows {', '.join(handlers)}")
    return handlers[name](request)


def serve_lines(source: int, target: int, handlers: dict[str, Handler], is_out_of_memory: Callable[[BaseException], bool] = lambda problem: False) -> None:
    """Answers the lines of descriptor `source` on descriptor `target` until `quit` is answered or `source` ends."""
    reader = LineReader(source)
    quitting = False
    while not quitting:
        identity: Any = None
        answer: dict[str, Any]
        try:
            line = reader.read()
            if line is None:
                return
            request = parse_request(line)
            identity = request.get("id")
            answer = {"id": identity, "ok": dispatch(request, handlers)}
            quitting = request["request"] == "quit"
            # NaN is no JSON; a handler that answers with one has failed.
            text = json.dumps(answer, allow_nan=False).encode("ascii")
            if len(text) > MOST_LINE_BYTES:
                raise Failed("the answer is longer than a line may be")
        except Exception as problem:  # a request never ends the worker
            error = {"kind": error_kind(problem, is_out_of_memory), "message": error_message(problem)}
            try:
                text = json.dumps({"id": identity, "error": error}, allow_nan=False).encode("ascii")
            except (ValueError, RecursionError):  # an id that JSON cannot repeat, e.g. 1e999
                text = json.dumps({"id": None, "error": error}).encode("ascii")
        write_line(target, text)
