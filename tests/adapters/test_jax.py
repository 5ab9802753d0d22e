"""JAX: agreement with NumPy's hand-written derivatives in float64; threads; the protocol stays clean."""
import importlib.util
import unittest

import support  # noqa: F401
import agreement
from processes import busy_threads, first_answer

HAS_JAX = importlib.util.find_spec("jax") is not None
MODES = ["jit", "scan"]


def make(mode):
    from jax_platform import JaxAdapter
    from trainmark_worker.start import Options

    return JaxAdapter(Options("jax-cpu", mode, 1, -1))


@unittest.skipUnless(HAS_JAX, "JAX is not installed")
class Agreement(unittest.TestCase):
    def compare(self, modes=MODES, **recipe):
        agreement.compare(self, make, modes, **recipe)

    def test_every_layer(self):
        self.compare(last_batch="drop")

    def test_passes_of_every_layer(self):
        self.compare(["jit"], passes=2, last_batch="drop", clip_norm=0.5)

    def test_optimisers(self):
        for name, optimiser in agreement.OPTIMISERS.items():
            with self.subTest(optimiser=name):
                self.compare(["jit"], small=True, optimiser=optimiser)

    def test_recipes(self):
        self.compare(small=True, loss="mean_squared_error")
        self.compare(small=True, label_smoothing=0.2, clip_norm=0.5)
        self.compare(small=True, schedule={"kind": "cosine", "warm_up": 1, "warm_up_start": 0.5, "period": 3, "minimum": 0.01})
        self.compare(small=True, batch_size=7)


@unittest.skipUnless(HAS_JAX, "JAX is not installed")
class Processes(unittest.TestCase):
    def test_threads(self):
        for threads in (1, 2):
            self.assertLessEqual(busy_threads("jax_platform.py", "jax-cpu", threads), threads * 1.1)

    def test_absent_device(self):
        self.assertIn("unavailable", first_answer("jax_platform.py", "jax-cuda", 1)["ok"])

    def test_the_first_line_is_the_answer(self):
        answer = first_answer("jax_platform.py", "jax-cpu", 1)["ok"]
        self.assertEqual((answer["framework"], answer["device"], answer["modes"]), ("JAX", "CPU", MODES))


if __name__ == "__main__":
    unittest.main()
