"""The Numba adapter with a shortcut of cheats.py: cheating_numba.py --cheat NAME [options of the adapter]."""
from cheats import CHEATS, take_option

CHEAT = CHEATS[take_option("--cheat")]

from trainmark_worker.start import begin

OPTIONS = begin(__name__, {"OMP_WAIT_POLICY": "passive"})

from numba_platform import NumbaAdapter
from trainmark_worker.serve import serve

if __name__ == "__main__":
    serve(CHEAT(NumbaAdapter), OPTIONS)
