"""The TensorFlow adapter with a cheat, for tests of the proof: cheating_tensorflow.py --cheat NAME [options of the adapter]."""
import pathlib
import sys

at = sys.argv.index("--cheat")
CHEAT = sys.argv[at + 1]
del sys.argv[at : at + 2]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "adapters"))
from trainmark_worker.start import begin

OPTIONS = begin(__name__, {"TF_CPP_MIN_LOG_LEVEL": "1"})

from tensorflow_platform import TensorflowAdapter
from trainmark_worker.serve import serve


class Faster(TensorflowAdapter):
    """The learning rate is 1 % too high."""

    def _steps(self, steps, seed):
        found = super()._steps(steps, seed)
        found.numbers[:, :2] *= 1.01
        return found


class Half(TensorflowAdapter):
    """Half of each batch."""

    def build(self, *arguments):
        super().build(*arguments)
        honest = self.model.train

        def train(x, labels, *rest):
            half = x.shape[0] // 2
            return honest(x[:half], labels[:half], *rest)

        self.model.train = train


if __name__ == "__main__":
    serve({"learning_rate": Faster, "half_of_the_batch": Half, "none": TensorflowAdapter}[CHEAT], OPTIONS)
