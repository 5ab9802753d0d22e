"""Numba's kernels against the array code, on the CPU and on Numba's CUDA simulator; skipped without Numba."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import support
import numpy as np

from trainmark_worker.batches import Stretch

try:
    import numba
except ImportError:
    numba = None

WIDE = [
    {"name": "c1", "kind": "conv2d", "inputs": ["input"], "output": [4, 6, 6], "channels": 4, "kernel": [3, 3], "stride": [1, 1], "padding": [1, 1], "dilation": [1, 1], "groups": 1, "bias": True},
    {"name": "n1", "kind": "batch_norm", "inputs": ["c1"], "output": [4, 6, 6], "epsilon": 1e-5, "momentum": 0.1},
    {"name": "a1", "kind": "gelu", "inputs": ["n1"], "output": [4, 6, 6]},
    {"name": "c2", "kind": "conv2d", "inputs": ["a1"], "output": [4, 3, 3], "channels": 4, "kernel": [3, 2], "stride": [2, 2], "padding": [2, 0], "dilation": [2, 1], "groups": 2, "bias": False},
    {"name": "p1", "kind": "max_pool2d", "inputs": ["a1"], "output": [4, 3, 3], "kernel": [3, 3], "stride": [2, 2], "padding": [1, 1], "dilation": [1, 1]},
    {"name": "p2", "kind": "average_pool2d", "inputs": ["a1"], "output": [4, 3, 3], "kernel": [2, 2], "stride": [2, 2], "padding": [0, 0], "dilation": [1, 1]},
    {"name": "s", "kind": "add", "inputs": ["c2", "p1", "p2"], "output": [4, 3, 3]},
    {"name": "t", "kind": "tanh", "inputs": ["s"], "output": [4, 3, 3]},
    {"name": "d", "kind": "dropout", "inputs": ["t"], "output": [4, 3, 3], "rate": 0.3},
    {"name": "f", "kind": "flatten", "inputs": ["d"], "output": [36, 1, 1]},
    {"name": "fc1", "kind": "dense", "inputs": ["f"], "output": [5, 1, 1], "outputs": 5, "bias": True},
    {"name": "a2", "kind": "relu6", "inputs": ["fc1"], "output": [5, 1, 1]},
    {"name": "a3", "kind": "sigmoid", "inputs": ["a2"], "output": [5, 1, 1]},
    {"name": "fc2", "kind": "dense", "inputs": ["a3"], "output": [3, 1, 1], "outputs": 3, "bias": True},
]
SHAPES = {"c1.weight": [4, 2, 3, 3], "c1.bias": [4], "n1.weight": [4], "n1.bias": [4], "n1.running_mean": [4], "n1.running_var": [4], "c2.weight": [4, 2, 3, 2],
          "fc1.weight": [5, 36], "fc1.bias": [5], "fc2.weight": [3, 5], "fc2.bias": [3]}
RECIPES = {
    "sgd": {}, "momentum": {"optimiser": {"kind": "sgd", "learning_rate": 0.1, "weight_decay": 0.01, "momentum": 0.9}},
    "nesterov": {"optimiser": {"kind": "sgd", "learning_rate": 0.1, "weight_decay": 0.01, "momentum": 0.9, "nesterov": True}, "clip_norm": 0.1},
    "adam": {"optimiser": {"kind": "adam", "learning_rate": 0.01, "weight_decay": 0.01}, "label_smoothing": 0.2, "passes": 2, "last_batch": "drop", "epochs": 2},
    "adamw": {"optimiser": {"kind": "adamw", "learning_rate": 0.01, "weight_decay": 0.01}},
    "rmsprop": {"optimiser": {"kind": "rmsprop", "learning_rate": 0.01, "weight_decay": 0.0, "momentum": 0.5}, "loss": "mean_squared_error"},
}


def prepared(adapter, folder, **changes):
    """A Training of the wide network."""
    from trainmark_worker.inputs import read_inputs
    from trainmark_worker.start import Options
    from trainmark_worker.training import Training

    described = support.workload(**{"batch_size": 2, "epochs": 1} | changes)  # four steps; the simulator is slow
    described["network"] = {"name": "wide", "input": [2, 6, 6], "classes": 3, "layers": WIDE,
                            "parameters": [{"name": n, "shape": s, "layer": n.split(".")[0], "learned": "running" not in n} for n, s in SHAPES.items()]}
    request = support.write_folder(pathlib.Path(folder), described)
    np.stack([np.arange(256, dtype=np.float32) / 255] * 2).astype("<f4").tofile(f"{folder}/tables.f32")
    return Training(adapter(Options("", "", 2, -1)), read_inputs(request), "float64", 1, 0)


def trained(adapter, folder, steps=4, **changes):
    """Losses, counts, predictions, evaluation loss, state and gradients of some steps, the last alone."""
    made = prepared(adapter, folder, **changes)
    losses, _, correct, _ = made.train(0, steps - 1, False)
    more = made.train(steps - 1, 1, False)
    return np.append(losses, more[0]), np.append(correct, more[2]), made.evaluate()[:2], made.state(), made.gradients()


def compare(test, adapter, recipes, steps):
    from test_arrays import HostAdapter

    for name in recipes:
        with test.subTest(name), tempfile.TemporaryDirectory() as folder:
            ours, theirs = (trained(made, folder, steps, **RECIPES[name]) for made in (adapter, HostAdapter))
            np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-9)
            np.testing.assert_array_equal(ours[1], theirs[1])
            np.testing.assert_array_equal(ours[2][0], theirs[2][0])
            test.assertAlmostEqual(ours[2][1], theirs[2][1], places=7)
            for place in (3, 4):
                for tensor, expected in theirs[place].items():
                    # The bias before the normalisation has no gradient but rounding, which adaptive steps enlarge.
                    np.testing.assert_allclose(ours[place][tensor], expected, rtol=1e-6, atol=1e-6 if "c1.bias" in tensor else 1e-9, err_msg=tensor)


@unittest.skipIf(numba is None, "Numba is not installed")
class OnTheCpu(unittest.TestCase):
    @unittest.skipIf(os.environ.get("NUMBA_ENABLE_CUDASIM") == "1", "the simulator is tested by itself")
    def test_the_same_as_the_array_code(self):
        from numba_platform import NumbaAdapter

        compare(self, NumbaAdapter, ("nesterov", "adam", "rmsprop"), 4)


@unittest.skipIf(numba is None, "Numba is not installed")
class OnTheSimulator(unittest.TestCase):
    """The simulator replaces numba.cuda when it is imported, so this runs in a process of its own."""

    def test_the_same_as_the_array_code(self):
        if os.environ.get("NUMBA_ENABLE_CUDASIM") == "1":
            from numba_cuda_platform import NumbaCudaAdapter

            compare(self, NumbaCudaAdapter, ("nesterov",), 2)
            with tempfile.TemporaryDirectory() as folder:
                made = prepared(NumbaCudaAdapter, folder, **RECIPES["nesterov"])
                (found,) = made.adapter.take_apart([Stretch(made.inputs.orders.steps(0, 1), 1, None)])  # one step: the simulator is slow
            words = {(part.operation, part.phase) for part in found.parts}
            self.assertLessEqual({("gather", "forward"), ("convolution", "forward"), ("pooling", "backward"), ("loss", "forward"), ("clip", "update"), ("update", "update")}, words)
            self.assertLessEqual(sum(ns for ns, _ in found.parts.values()), found.elapsed_ns)
            return
        command = [sys.executable, "-m", "unittest", "test_numba.OnTheSimulator"]
        done = subprocess.run(command, env=os.environ | {"NUMBA_ENABLE_CUDASIM": "1"}, cwd=pathlib.Path(__file__).parent, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr[-4000:])


if __name__ == "__main__":
    unittest.main()
