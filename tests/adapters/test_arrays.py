"""The array code: the same on a device that values do not leave, gradients as differences say, parts as the whole."""
import json
import math
import pathlib
import tempfile
import unittest

import support
import numpy as np

from device_arrays import HostAccess, device_module, to_device, to_host
from trainmark_arrays.adapter import ArrayAdapter
from trainmark_arrays.erf import erf
from trainmark_arrays.losses import CrossEntropy, make_targets
from trainmark_arrays.modules import numpy_module
from trainmark_arrays.operation import Buffers
from trainmark_worker.inputs import read_inputs
from trainmark_worker.start import Options
from trainmark_worker.training import Training

EVERY = json.loads((pathlib.Path(__file__).parent / "data" / "every_layer.json").read_text())
RECIPES = {
    "sgd": {}, "nesterov": {"optimiser": {"kind": "sgd", "learning_rate": 0.1, "weight_decay": 0.01, "momentum": 0.9, "nesterov": True}, "clip_norm": 0.5},
    "adam": {"optimiser": {"kind": "adam", "learning_rate": 0.01, "weight_decay": 0.01}, "label_smoothing": 0.2},
    "adamw": {"optimiser": {"kind": "adamw", "learning_rate": 0.01, "weight_decay": 0.01}, "passes": 2},
    "rmsprop": {"optimiser": {"kind": "rmsprop", "learning_rate": 0.01, "weight_decay": 0.0, "momentum": 0.5}, "loss": "mean_squared_error"},
}


class HostAdapter(ArrayAdapter):
    framework, platforms = "host", ("host",)
    xp = numpy_module()

    def set_threads(self, threads):
        pass


class DeviceAdapter(HostAdapter):
    xp = device_module(numpy_module())

    def to_host(self, array):
        return to_host(array)


def training(adapter, folder, dtype="float64", **changes):
    """A Training of the network with every layer; `changes` replace members of the recipe."""
    described = EVERY | {"recipe": EVERY["recipe"] | changes}
    request = support.write_folder(pathlib.Path(folder), described)
    return Training(adapter(Options("", "", 1, -1)), read_inputs(request), dtype, 1, 0)


class Arrays(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name

    def test_nothing_leaves_the_device_and_all_is_the_same(self):
        for name, changes in RECIPES.items():
            with self.subTest(name):
                results = []
                for adapter in (HostAdapter, DeviceAdapter):
                    made = training(adapter, self.folder, **changes)
                    losses, _, correct, crc = made.train(0, 8, False)
                    predictions, loss, _ = made.evaluate()
                    results.append((losses, correct, crc, predictions, loss, made.state()))
                (losses, correct, crc, predictions, loss, state), device = results
                np.testing.assert_allclose(losses, device[0], rtol=1e-9)
                np.testing.assert_array_equal(correct, device[1])
                np.testing.assert_array_equal(predictions, device[3])
                self.assertAlmostEqual(loss, device[4], delta=1e-8)
                for tensor in state:
                    # A bias before a normalisation has no gradient but rounding, which adaptive steps enlarge.
                    np.testing.assert_allclose(state[tensor], device[5][tensor], rtol=1e-6, atol=1e-6, err_msg=tensor)

    def test_a_step_is_taken_apart_without_leaving_the_device(self):
        for adapter in (HostAdapter, DeviceAdapter):
            found = training(adapter, self.folder, passes=2, clip_norm=0.5).operations(0, 4)
            words = {(part["operation"], part["phase"]) for part in found["operations"]}
            self.assertLessEqual({("gather", "forward"), ("convolution", "backward"), ("normalisation", "forward"), ("join", "backward"), ("clip", "update"), ("update", "update")}, words)
            self.assertLessEqual(sum(part["time_ns"] for part in found["operations"]), found["step_ns"])

    def test_the_device_guards_its_values(self):
        array = to_device(np.ones(3))
        for access in (lambda: float(array[0]), lambda: array + np.ones(3), lambda: bool(array.sum() > 0), lambda: np.add(np.ones(3), array)):
            with self.assertRaises(HostAccess):
                access()

    def test_gradients_are_differences_of_the_loss(self):
        made = training(HostAdapter, self.folder, optimiser={"kind": "sgd", "learning_rate": 0.0, "weight_decay": 0.0})
        state = {name: tensor for name, tensor in made.state().items() if name != "step"}

        def loss(values):
            made.adapter.set_state(values, 0)
            return made.train(0, 1, False)[0][0]

        loss(state)
        gradients, rng = made.gradients(), np.random.default_rng(2)
        for name, gradient in gradients.items():
            direction = rng.normal(size=gradient.shape)
            ahead, back = (loss(state | {name: state[name] + sign * 1e-6 * direction}) for sign in (1, -1))
            self.assertAlmostEqual((ahead - back) / 2e-6, float((gradient * direction).sum()), delta=2e-7 * max(1, np.abs(gradient * direction).sum()), msg=name)

    def test_windows_in_parts_are_the_same(self):
        whole = training(HostAdapter, self.folder).train(0, 8, False)[0]
        before, HostAdapter.xp.part_bytes = HostAdapter.xp.part_bytes, 1
        self.addCleanup(setattr, HostAdapter.xp, "part_bytes", before)
        np.testing.assert_allclose(training(HostAdapter, self.folder).train(0, 8, False)[0], whole, rtol=1e-9)

    def test_float32_is_near_float64(self):
        single, double = (training(HostAdapter, self.folder, dtype).train(0, 4, False)[0] for dtype in ("float32", "float64"))
        np.testing.assert_allclose(single, double, rtol=1e-4)

    def test_a_batch_that_is_a_slice_of_the_samples_is_not_copied(self):
        described = EVERY | {"recipe": EVERY["recipe"] | {"batch_size": 0}, "derived": {"batch_size": 20, "steps_per_epoch": 1, "total_steps": 2, "last_batch_size": 20}}
        request = support.write_folder(pathlib.Path(self.folder), described)
        losses = []
        for order in (np.arange(20), np.roll(np.arange(20), 1)):
            for i in range(2):
                order.astype(np.int32).tofile(f"{self.folder}/order-{i}.i32")
            made = Training(HostAdapter(Options("", "", 1, -1)), read_inputs(request | {"orders": request["orders"][:1], "order_of_epoch": [0, 0]}), "float64", 1, 0)
            losses.append(made.train(0, 2, False)[0])
            self.assertEqual(made.adapter.bound is not None, order[0] == 0)
        self.assertNotEqual(losses[0][0], losses[1][0])  # other masks for the images


class Functions(unittest.TestCase):
    def test_erf(self):
        x = np.concatenate([np.linspace(-7, 7, 4001), [0.0, -0.0, math.inf, -math.inf, 1e-300, 0.84375, 1.25, 1 / 0.35, 6]])
        expected = np.array([math.erf(v) for v in x])
        np.testing.assert_allclose(erf(x), expected, rtol=1e-15, atol=0)
        self.assertTrue(np.isnan(erf(np.array([np.nan]))[0]))
        self.assertEqual(erf(x.astype(np.float32).reshape(-1, 2)[:5]).dtype, np.float32)

    def test_correct_answers_with_ties(self):
        xp, rng = numpy_module(), np.random.default_rng(1)
        for ties in (False, True):
            logits = rng.normal(size=(5, 3000))
            if ties:
                logits = np.round(logits)
            labels = rng.integers(0, 5, 3000)
            loss = CrossEntropy(xp, Buffers(xp, "float64"), logits)
            total = loss.total(make_targets(xp, labels, 5, 0.0, "float64"))
            p = np.exp(logits) / np.exp(logits).sum(0)
            self.assertAlmostEqual(total, -np.log(p[labels, np.arange(3000)]).sum(), places=6)
            self.assertEqual(loss.correct(labels), (logits.argmax(0) == labels).sum())


if __name__ == "__main__":
    unittest.main()
