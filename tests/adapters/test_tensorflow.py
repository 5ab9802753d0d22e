"""TensorFlow: agreement with NumPy's hand-written derivatives in float64; threads; the protocol stays clean."""
import importlib.util
import pathlib
import tempfile
import unittest

import support
import agreement
import numpy as np
from processes import busy_threads, first_answer

HAS_TENSORFLOW = importlib.util.find_spec("tensorflow") is not None
MODES = ["graph", "xla", "eager", "fit"]


def make(mode):
    from tensorflow_platform import TensorflowAdapter
    from trainmark_worker.start import Options

    return TensorflowAdapter(Options("tensorflow-cpu", mode, 1, -1))


@unittest.skipUnless(HAS_TENSORFLOW, "TensorFlow is not installed")
class Agreement(unittest.TestCase):
    def compare(self, modes=MODES, **recipe):
        agreement.compare(self, make, modes, **recipe)

    def test_every_layer(self):
        self.compare(last_batch="drop")

    def test_passes_of_every_layer(self):
        self.compare(["eager"], passes=2, last_batch="drop", clip_norm=0.5)

    def test_optimisers(self):
        for name, optimiser in agreement.OPTIMISERS.items():
            with self.subTest(optimiser=name):
                self.compare(["graph"], small=True, optimiser=optimiser)

    def test_recipes(self):
        self.compare(small=True, loss="mean_squared_error")
        self.compare(small=True, label_smoothing=0.2, clip_norm=0.5)
        self.compare(small=True, schedule={"kind": "cosine", "warm_up": 1, "warm_up_start": 0.5, "period": 3, "minimum": 0.01})
        self.compare(small=True, batch_size=7)

    def test_fit_uses_the_optimiser_of_keras_where_it_means_the_recipe(self):
        from trainmark_tensorflow.fitting import has_keras_words

        with tempfile.TemporaryDirectory() as folder:
            for momentum in (0.0, 0.9):
                sgd = {"kind": "sgd", "learning_rate": 0.5, "momentum": momentum, "nesterov": False, "weight_decay": 0.0}
                request = support.write_folder(pathlib.Path(folder), support.workload(optimiser=sgd))
                expected = agreement.outcome(make("graph"), request, "float32")
                adapter = make("fit")
                found = agreement.outcome(adapter, request, "float32")
                self.assertEqual(has_keras_words(adapter.workload.recipe, adapter.model.dtype), momentum == 0)
                np.testing.assert_allclose(found["losses"], expected["losses"], rtol=1e-6)
                np.testing.assert_array_equal(found["correct"], expected["correct"])
                for name, tensor in agreement.tensors_of(expected["state"]).items():
                    np.testing.assert_allclose(found["state"][name], tensor, rtol=1e-5, atol=1e-6, err_msg=name)


@unittest.skipUnless(HAS_TENSORFLOW, "TensorFlow is not installed")
class Processes(unittest.TestCase):
    def test_threads(self):
        for threads in (1, 2):
            self.assertLessEqual(busy_threads("tensorflow_platform.py", "tensorflow-cpu", threads), threads * 1.1)

    def test_absent_device(self):
        for platform in ("tensorflow-cuda", "tensorflow-metal"):
            self.assertIn("unavailable", first_answer("tensorflow_platform.py", platform, 1)["ok"])

    def test_the_first_line_is_the_answer(self):
        answer = first_answer("tensorflow_platform.py", "tensorflow-cpu", 1)["ok"]
        self.assertEqual((answer["framework"], answer["device"], answer["modes"]), ("TensorFlow", "CPU", MODES))


if __name__ == "__main__":
    unittest.main()
