"""The adapter of support.py as a process."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "adapters"))
from trainmark_worker.start import begin

OPTIONS = begin(__name__)

from support import TinyAdapter
from trainmark_worker.serve import serve

if __name__ == "__main__":
    serve(TinyAdapter, OPTIONS)
