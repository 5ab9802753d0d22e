"""The TensorFlow adapter with a shortcut of cheats.py, or with one of Keras' own: cheating_tensorflow.py --cheat NAME [options of the adapter]."""
from cheats import CHEATS, take_option

NAME = take_option("--cheat")

from trainmark_worker.start import begin

OPTIONS = begin(__name__, {"TF_NUM_INTRAOP_THREADS": "{threads}", "TF_NUM_INTEROP_THREADS": "{threads}", "TF_CPP_MIN_LOG_LEVEL": "1"})

from tensorflow_platform import TensorflowAdapter
from trainmark_worker.serve import serve


def frozen_layers(adapter_class):
    """Layers whose `trainable` says no, as for transfer learning: all but the last."""

    class Cheat(adapter_class):
        def build(self, *arguments):
            super().build(*arguments)
            self.model.learned = self.model.learned[-2:]

    return Cheat


if __name__ == "__main__":
    serve((CHEATS | {"frozen-layers": frozen_layers})[NAME](TensorflowAdapter), OPTIONS)
