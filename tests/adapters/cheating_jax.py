"""The JAX adapter with a shortcut of cheats.py: cheating_jax.py --cheat NAME [options of the adapter]."""
from cheats import CHEATS, take_option

CHEAT = CHEATS[take_option("--cheat")]

from trainmark_worker.start import begin

OPTIONS = begin(__name__, {"NPROC": "{threads}"})

from jax_platform import JaxAdapter
from trainmark_worker.serve import serve

if __name__ == "__main__":
    serve(CHEAT(JaxAdapter), OPTIONS)
