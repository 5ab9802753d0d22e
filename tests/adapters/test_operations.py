"""Where the time of a step goes: the same vocabulary from every framework, parts that sum to the step, and a timed program that stays as it is."""
import importlib
import importlib.util
import pathlib
import tempfile
import unittest

import support
import numpy as np

import operation_networks
from trainmark_worker.batches import Stretch
from trainmark_worker.errors import Failed, Unsupported
from trainmark_worker.inputs import read_inputs
from trainmark_worker.operations import ABILITY, OF_LAYER, OPERATIONS, PHASES, Part, TakenApart, answer, middle_half, replaced
from trainmark_worker.session import Session
from trainmark_worker.start import Options
from trainmark_worker.timeline import Piece, parts_between, take_apart
from trainmark_worker.training import Training


def has(module):
    return importlib.util.find_spec(module) is not None


def numpy_adapter():
    from numpy_platform import NumpyAdapter

    return NumpyAdapter(Options("numpy", "default", 2, -1))  # from which `prepare` changes BLAS to one thread


def numba_adapter():
    from numba_platform import NumbaAdapter

    return NumbaAdapter(Options("numba", "default", 1, -1))


def pytorch_adapter():
    from trainmark_pytorch.adapter import PytorchAdapter

    return PytorchAdapter(Options("pytorch-cpu", "eager", 1, -1))


def jax_adapter(mode="jit"):
    from jax_platform import JaxAdapter

    return JaxAdapter(Options("jax-cpu", mode, 1, -1))


def tensorflow_adapter():
    from tensorflow_platform import TensorflowAdapter

    return TensorflowAdapter(Options("tensorflow-cpu", "graph", 1, -1))


FRAMEWORKS = {"numpy": numpy_adapter, "numba": numba_adapter, "torch": pytorch_adapter, "jax": jax_adapter, "tensorflow": tensorflow_adapter}


class EachFramework(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def taken_apart(self, make, described, steps=10):
        adapter = make()
        self.assertIn(ABILITY, adapter.describe()["abilities"])
        training = Training(adapter, read_inputs(support.write_folder(self.folder, described)), "float32", 1, 0)
        return training, training.operations(0, min(steps, described["derived"]["total_steps"]))

    def ns(self, found, *operations, phases=PHASES):
        return sum(part["time_ns"] for part in found["operations"] if part["operation"] in operations and part["phase"] in phases)

    def check(self, found):
        """The vocabulary is closed, and shares and the rest sum to 1."""
        for part in found["operations"]:
            self.assertIn(part["operation"], OPERATIONS)
            self.assertIn(part["phase"], PHASES)
            self.assertGreaterEqual(part["time_ns"], 0)
            self.assertGreater(part["calls"], 0)
        parts = sum(part["time_ns"] for part in found["operations"])
        self.assertGreater(parts, 0)
        self.assertLessEqual(parts, found["step_ns"] * 1.001)
        self.assertGreater(found["plain_ns"], 0)

    def test_dense_and_convolutional_networks(self):
        for module, make in FRAMEWORKS.items():
            if not has(module):
                continue
            with self.subTest(module):
                _, found = self.taken_apart(make, operation_networks.dense(batch=64, steps=10))
                self.check(found)
                for phase in ("forward", "backward"):
                    self.assertGreater(self.ns(found, "matrix_multiplication", phases=(phase,)), 0, phase)
                self.assertGreater(self.ns(found, "loss"), 0)
                self.assertGreater(self.ns(found, "update"), 0)
                self.assertGreater(self.ns(found, "gather"), 0)
                self.assertEqual(self.ns(found, "convolution", "pooling"), 0)
                _, found = self.taken_apart(make, operation_networks.convolutional())
                self.check(found)
                for phase in ("forward", "backward"):
                    self.assertGreater(self.ns(found, "convolution", phases=(phase,)), 0, phase)
                    self.assertGreater(self.ns(found, "pooling", "fused", "convolution", phases=(phase,)), 0, phase)

    def test_layers_are_named_where_they_are_known(self):
        for module in ("numpy", "jax", "tensorflow"):
            if has(module):
                with self.subTest(module):
                    _, found = self.taken_apart(FRAMEWORKS[module], operation_networks.dense(batch=64, steps=10))
                    layers = {part.get("layer") for part in found["operations"]}
                    self.assertLessEqual({"fc1", "fc2", "fc3"}, layers)

    def test_products_are_most_of_a_dense_network_on_numpy(self):
        _, found = self.taken_apart(numpy_adapter, operation_networks.dense(), 40)
        self.assertGreater(self.ns(found, "matrix_multiplication"), 0.5 * found["step_ns"])

    def test_clipping_and_passes_have_words(self):
        for module, make in FRAMEWORKS.items():
            if has(module):
                with self.subTest(module):
                    _, found = self.taken_apart(make, operation_networks.dense(batch=64, steps=4, clip_norm=0.1, passes=2))
                    self.check(found)
                    self.assertGreater(self.ns(found, "clip", "fused"), 0)

    # Whatever was put between the parts is gone: the same steps give the same losses, and nothing of the adapter has changed.
    def test_the_training_is_the_same_afterwards(self):
        for module, make in FRAMEWORKS.items():
            if has(module):
                with self.subTest(module):
                    described = operation_networks.dense(batch=32, steps=6)
                    adapter = make()
                    adapter.describe()
                    plain = Training(adapter, read_inputs(support.write_folder(self.folder, described)), "float32", 1, 0)
                    expected = plain.train(0, 6, False)[0]
                    training, _ = self.taken_apart(make, described)
                    training.load(self.folder / "initial.safetensors", None)
                    np.testing.assert_array_equal(training.train(0, 6, False)[0], expected)

    def test_jax_in_a_loop(self):
        if not has("jax"):
            self.skipTest("JAX is not installed")
        _, found = self.taken_apart(lambda: jax_adapter("scan"), operation_networks.dense(batch=64, steps=10))
        self.check(found)
        self.assertGreater(self.ns(found, "matrix_multiplication"), 0)

    def test_a_full_batch_is_taken_apart_too(self):
        described = operation_networks.dense(batch=64, steps=1, epochs=4)
        described["derived"]["total_steps"] = 4
        described["recipe"]["epochs"] = 4
        _, found = self.taken_apart(numpy_adapter, described)
        self.check(found)

    def test_who_cannot_says_so(self):
        said = {"torch": ("trainmark_pytorch.adapter", "PytorchAdapter", "pytorch-cpu", "compile"), "tensorflow": ("tensorflow_platform", "TensorflowAdapter", "tensorflow-cpu", "eager")}
        for module, (file, name, platform, mode) in said.items():
            if has(module):
                adapter = getattr(importlib.import_module(file), name)(Options(platform, mode, 1, -1))
                self.assertNotIn(ABILITY, adapter.describe()["abilities"])


class Requests(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.request = support.write_folder(pathlib.Path(temporary.name), operation_networks.dense(batch=8, steps=3))

    def session(self, adapter):
        session = Session(adapter)
        session.prepare(self.request)
        return session.handlers()["operations"]

    def test_an_answer_has_the_members_of_the_protocol(self):
        found = self.session(numpy_adapter())({"first_step": 0, "steps": 3})
        self.assertEqual(set(found), {"operations", "step_ns", "plain_ns"})
        for part in found["operations"]:
            self.assertLessEqual({"operation", "phase", "time_ns", "calls"}, set(part))

    def test_steps_outside_of_the_training_are_refused(self):
        operations = self.session(numpy_adapter())
        for first, steps in ((0, 7), (6, 1), (0, 0), (-1, 1)):
            with self.assertRaises(Failed):
                operations({"first_step": first, "steps": steps})

    def test_a_single_step_is_enough(self):
        self.assertGreater(self.session(numpy_adapter())({"first_step": 2, "steps": 1})["step_ns"], 0)

    def test_an_adapter_without_the_ability_refuses(self):
        session = Session(support.TinyAdapter(Options("", "", 1, -1)))
        session.training = object()
        with self.assertRaises(Unsupported):
            session.handlers()["operations"]({"first_step": 0, "steps": 1})


class Figures(unittest.TestCase):
    RELU, UPDATE = Part("relu", "forward", "r"), Part("update", "update")

    def test_words_outside_of_the_vocabulary_are_refused(self):
        for operation, phase in (("magic", "forward"), ("relu", "sideways")):
            with self.assertRaises(ValueError):
                Part(operation, phase)
        self.assertLessEqual(set(OF_LAYER.values()), set(OPERATIONS))

    def test_the_middle_half_is_what_counts(self):
        self.assertEqual(sorted(middle_half([5.0, 1.0, 100.0, 2.0])), [0, 3])
        self.assertEqual(middle_half([7.0]), [0])
        taken = [TakenApart(10 * ns, 2, {self.RELU: (8 * ns, 2)}) for ns in (1, 10, 12, 1000)]
        found = answer(taken, [(20, 2), (1000, 2), (24, 2), (1, 2)])
        self.assertEqual(found["step_ns"], (100 + 120) / 4)
        self.assertEqual(found["operations"], [{"operation": "relu", "phase": "forward", "time_ns": (80 + 96) / 4, "calls": 1.0, "layer": "r"}])
        self.assertEqual(found["plain_ns"], 11)

    def test_pieces_of_several_threads_share_each_instant(self):
        pieces = [Piece(0, 10, self.RELU), Piece(5, 20, self.UPDATE), Piece(30, 40, self.RELU)]
        found = parts_between(pieces, 0, 35)
        self.assertEqual(found, {self.RELU: (5 + 2.5 + 5, 2), self.UPDATE: (2.5 + 10, 1)})

    def test_a_part_of_two_threads_at_once_counts_once(self):
        self.assertEqual(parts_between([Piece(0, 10, self.RELU), Piece(0, 10, self.RELU)], 0, 100)[self.RELU][0], 10)

    def test_pieces_go_to_their_stretches(self):
        pieces = [Piece(25, 28, self.UPDATE), Piece(1, 4, self.RELU), Piece(12, 13, self.RELU)]
        first, second = take_apart(pieces, [(0, 10, 1), (20, 30, 2)])
        self.assertEqual((first.elapsed_ns, first.parts), (10, {self.RELU: (3, 1)}))
        self.assertEqual((second.steps, second.parts), (2, {self.UPDATE: (3, 1)}))

    def test_what_was_replaced_comes_back_even_after_an_error(self):
        owner = numpy_adapter()
        with self.assertRaises(RuntimeError), replaced((owner, "mode", "other"), (owner, "new", 1)):
            self.assertEqual((owner.mode, owner.new), ("other", 1))
            raise RuntimeError
        self.assertEqual(owner.mode, "default")
        self.assertFalse(hasattr(owner, "new"))


if __name__ == "__main__":
    unittest.main()
