"""The JAX adapter with a cheat, for tests of the proof: cheating_jax.py --cheat NAME [options of the adapter]."""
import pathlib
import sys

at = sys.argv.index("--cheat")
CHEAT = sys.argv[at + 1]
del sys.argv[at : at + 2]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "adapters"))
from trainmark_worker.start import begin

OPTIONS = begin(__name__, {"NPROC": "{threads}"})

from jax_platform import JaxAdapter
from trainmark_jax.model import Model
from trainmark_worker.serve import serve

honest_train, honest_update = Model.train, Model.update


def half_of_the_batch(self, state, x, labels, numbers, words):
    half = len(labels) // 2
    return honest_train(self, state, x[:half], labels[:half], numbers, words)


def first_layer_stays(self, state, gradients, numbers):
    name = self.learned[0]
    return honest_update(self, state, gradients, numbers) | {name: state[name]}


if __name__ == "__main__":
    if CHEAT == "half_of_the_batch":
        Model.train = half_of_the_batch
    elif CHEAT == "first_layer_stays":
        Model.update = first_layer_stays
    elif CHEAT != "none":
        sys.exit(f"there is no cheat '{CHEAT}'")
    serve(JaxAdapter, OPTIONS)
