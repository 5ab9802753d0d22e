"""The PyTorch adapter against formulas, in one process; and as a process: threads, stdout, what it says when it cannot run."""
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

import support
import numpy as np

try:
    import torch
except ImportError:
    raise unittest.SkipTest("PyTorch is not installed") from None

import plain_network
from trainmark_pytorch import data
from trainmark_pytorch.adapter import PytorchAdapter
from trainmark_worker.inputs import read_inputs
from trainmark_worker.samples import normalise
from trainmark_worker.start import Options
from trainmark_worker.training import Training

ADAPTER = pathlib.Path(support.__file__).resolve().parents[2] / "adapters" / "pytorch_platform.py"
SGD = {"kind": "sgd", "learning_rate": 0.25, "momentum": 0.0, "nesterov": False, "weight_decay": 0.0}
ADAM = {"kind": "adam", "learning_rate": 0.02, "weight_decay": 0.01, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-4}
RMSPROP = {"kind": "rmsprop", "learning_rate": 0.01, "weight_decay": 0.01, "alpha": 0.9, "epsilon": 1e-3, "momentum": 0.0}


class InProcess(unittest.TestCase):
    """A workload in a folder, trained by the adapter and by the formulas."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def prepare(self, mode, dtype="float64", every_layer=True, **changes):
        self.workload = support.workload(**({"last_batch": "drop"} if every_layer else {}) | changes)
        if every_layer:
            self.workload["network"] = plain_network.every_layer()
        self.request = support.write_folder(self.folder, self.workload)
        self.inputs = read_inputs(self.request)
        for name in self.inputs.state:
            if name.endswith("running_var"):
                self.inputs.state[name] = np.abs(self.inputs.state[name]) + 0.5
        self.adapter = PytorchAdapter(Options("pytorch-cpu", mode, 2, -1))
        self.training = Training(self.adapter, self.inputs, dtype, 2, 0)

    def compare(self, steps=3, tolerance=1e-11, exact=()):
        """Single steps 0 ... with masks, then all of them without where there is no dropout, and evaluation."""
        inputs, training = self.inputs, self.training
        state = {name: torch.tensor(np.array(tensor, np.float64)) for name, tensor in inputs.state.items()}
        images = torch.from_numpy(normalise(inputs.train.images, inputs.table, "float64"))
        labels = torch.from_numpy(inputs.train.labels.astype(np.int64))
        rng = np.random.default_rng(3)
        for number in range(steps):
            step = inputs.orders.step(number)
            masks = {l.name: rng.integers(0, 2, (len(step), *l.output), dtype=np.uint8) for l in inputs.workload.network.layers if l.kind == "dropout"}
            training.masks = masks or None
            losses, times, correct, _ = training.train(number, 1, number % 2 == 0)
            chosen = torch.from_numpy(step.indices.astype(np.int64))
            loss, gradients = plain_network.train_step(self.workload, state, images[chosen], labels[chosen], step.learning_rate, number, masks)
            self.assertAlmostEqual(losses[0], loss, delta=tolerance * max(1, abs(loss)))
            self.assertTrue(0 <= correct[0] <= len(step) and times[0] > 0)
            self.agree(training.gradients(), gradients, tolerance)
            self.agree(training.state(), state, tolerance)
        predictions, loss, _ = training.evaluate()
        shown = torch.from_numpy(normalise(inputs.evaluation.images, inputs.table, "float64"))
        logits = plain_network.forward(self.workload["network"], state, shown, False, {}, {})
        expected = plain_network.loss_of(logits, torch.from_numpy(inputs.evaluation.labels.astype(np.int64)), self.workload["recipe"])
        self.assertAlmostEqual(loss, float(expected), delta=tolerance * 100)
        np.testing.assert_array_equal(predictions, logits.argmax(1).numpy())

    def agree(self, theirs, expected, tolerance):
        for name, tensor in expected.items():
            size = max(float(tensor.abs().max()), 1e-3)
            np.testing.assert_allclose(theirs[name], tensor.numpy(), rtol=0, atol=tolerance * size * 100, err_msg=name)


class EveryLayer(InProcess):
    def test_eager(self):
        self.prepare("eager")
        self.compare()

    def test_channels_last(self):
        self.prepare("channels-last")
        self.compare()

    def test_8_bit_samples(self):
        for mode in ("eager", "channels-last"):
            with mock.patch.object(data, "RESIDENT_BYTES", 0):
                self.prepare(mode)
            self.assertIn("8 bits", self.adapter.kernels()["samples"])
            self.compare()

    def test_captured_step_by_plain_calls(self):
        self.prepare("graph")
        self.compare(tolerance=1e-9)  # its learning rate is float32

    def test_whole_step_before_compiling(self):
        with mock.patch.object(torch, "compile", lambda function, **options: function):
            self.prepare("compile")
            self.compare()

    def test_compiled(self):
        self.prepare("compile")
        self.assertEqual(self.adapter.kernels()["step"], "one compiled graph")
        self.compare()

    def test_recipe(self):
        for mode in ("eager", "graph", "compile"):
            with self.subTest(mode), mock.patch.object(torch, "compile", lambda function, **options: function):
                changes = {"label_smoothing": 0.1, "clip_norm": 0.05, "passes": 2, "batch_size": 4}
                schedule = {"kind": "cosine", "warm_up": 1, "warm_up_start": 0.25, "period": 8, "minimum": 0.01}
                self.prepare(mode, schedule=schedule, **changes)
                self.compare(2, 1e-9)
                self.prepare(mode, loss="mean_squared_error", optimiser=SGD | {"learning_rate": 2**-7})
                self.compare(3, 1e-9)

    def test_compiled_passes(self):
        self.prepare("compile", passes=2, batch_size=4)
        self.compare(2)

    def test_memory(self):
        self.prepare("eager", optimiser=ADAM)
        before = self.training.state()
        said = self.adapter.memory()
        values = sum(math.prod(t.shape) for t in self.inputs.workload.network.tensors)
        learned = sum(math.prod(t.shape) for t in self.inputs.workload.network.tensors if t.learned)
        self.assertEqual((said["parameters"], said["gradients"], said["optimiser_state"]), (8 * values + 8 * 4 * 4, 8 * learned, 16 * learned))
        self.assertGreater(said["activations"], 0)
        for name, tensor in self.training.state().items():
            np.testing.assert_array_equal(tensor, before[name])


class Optimisers(InProcess):
    CASES = [SGD | {"weight_decay": 0.1}, SGD | {"momentum": 0.9}, SGD | {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
             ADAM, ADAM | {"kind": "adamw"}, RMSPROP, RMSPROP | {"momentum": 0.8}]

    def test_three_steps(self):
        for mode in ("eager", "graph", "compile"):
            for optimiser in self.CASES:
                with self.subTest(mode=mode, **optimiser), mock.patch.object(torch, "compile", lambda function, **options: function):
                    self.prepare(mode, every_layer=False, optimiser=optimiser)
                    self.compare(3, 1e-8 if mode == "graph" else 1e-12)

    def test_any_step_from_a_loaded_state(self):
        # Adam's corrections depend on the number of the step alone, whatever ran before.
        for mode in ("eager", "graph", "compile"):
            with mock.patch.object(torch, "compile", lambda function, **options: function):
                self.prepare(mode, every_layer=False, optimiser=ADAM)
            training = self.training
            training.train(0, 4, False)
            state = training.state()
            losses, *_ = training.train(4, 2, False)
            after = training.state()
            training.train(0, 1, False)
            training._set_state(state, 4)
            again, *_ = training.train(4, 2, True)
            np.testing.assert_array_equal(losses, again)
            self.agree(training.state(), {n: torch.from_numpy(t) for n, t in after.items() if n != "step"}, 1e-15)


class Stretches(InProcess):
    def test_gathered_together_is_one_by_one(self):
        self.prepare("eager", every_layer=False)
        start = self.training.state()
        losses, times, correct, crc = self.training.train(0, 6, False)
        after = self.training.state()
        self.training._set_state(start, 0)
        for number in range(6):
            loss, _, count, _ = self.training.train(number, 1, True)
            self.assertEqual((loss[0], count[0]), (losses[number], correct[number]))
        self.agree(self.training.state(), {n: torch.from_numpy(t) for n, t in after.items() if n != "step"}, 1e-15)

    def test_other_samples_after_reset_keep_their_place(self):
        self.prepare("eager", every_layer=False)
        place = self.adapter.splits[0].rows.data_ptr()
        images = self.folder / "train.images"
        images.write_bytes(bytes(255 - b for b in images.read_bytes()))
        os.utime(images, (1, 1))
        self.inputs = read_inputs(self.request)
        self.training.reset(self.inputs)
        self.assertEqual(self.adapter.splits[0].rows.data_ptr(), place)
        self.compare()


class Process(unittest.TestCase):
    """The adapter as a worker."""

    def start(self, *options, **environment):
        command = [sys.executable, str(ADAPTER), *options]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=os.environ | environment)
        self.addCleanup(lambda: (process.kill(), process.wait(), process.stdin.close(), process.stdout.close()))
        return process

    @staticmethod
    def ask(process, **request):
        process.stdin.write(json.dumps({"id": 1} | request).encode() + b"\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    @staticmethod
    def cpu_seconds(process):
        fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @unittest.skipUnless(sys.platform == "linux" and len(os.sched_getaffinity(0)) >= 2, "needs two CPUs and /proc")
    def test_busy_threads(self):
        dense = {"name": "fc", "kind": "dense", "inputs": ["input"], "output": [3, 1, 1], "outputs": 3, "bias": True}
        conv = plain_network.layer("conv", "conv2d", "input", (64, 28, 28), channels=64, groups=1, bias=True, **plain_network.window(3, padding=1))
        shapes = {"conv.weight": (64, 8, 3, 3), "conv.bias": (64,), "fc.weight": (3, 64 * 28 * 28), "fc.bias": (3,)}
        parameters = [{"name": n, "shape": list(s), "layer": n.split(".")[0], "learned": True} for n, s in shapes.items()]
        described = support.workload(epochs=100, batch_size=7)
        described["network"] = {"name": "busy", "input": [8, 28, 28], "classes": 3, "layers": [conv, dense | {"inputs": ["conv"]}], "parameters": parameters}
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            request = support.write_folder(folder, described) | {"order_of_epoch": [0] * 100}
            for threads in (1, 2):
                process = self.start("--threads", str(threads))
                self.assertIn("ok", self.ask(process, **request | {"threads": threads}))
                files = {name: str(folder / name) for name in ("losses", "times")}
                train = {"request": "train", "first_step": 0, "steps": 100, "granularity": "epoch", **files}
                self.ask(process, **train)
                cpu, wall = self.cpu_seconds(process), time.perf_counter()
                while time.perf_counter() - wall < 2:
                    self.assertIn("ok", self.ask(process, **train))
                busy = (self.cpu_seconds(process) - cpu) / (time.perf_counter() - wall)
                self.assertLessEqual(busy, threads * 1.1)
                self.assertEqual(self.ask(process, request="hello")["ok"]["blas"]["threads"], threads)

    def test_hello(self):
        hello = self.ask(self.start("--platform", "pytorch-cpu", "--threads", "1"), request="hello")["ok"]
        self.assertEqual((hello["platform"], hello["device"], hello["mode"]), ("pytorch-cpu", "CPU", "eager"))
        self.assertEqual(hello["versions"]["torch"], torch.__version__)

    def test_gpus_are_there_or_say_why_not(self):
        for platform, there in (("pytorch-cuda", torch.cuda.is_available()), ("pytorch-mps", torch.backends.mps.is_available())):
            hello = self.ask(self.start("--platform", platform), request="hello")["ok"]
            self.assertEqual(there, "unavailable" not in hello)
            self.assertTrue(there or hello["remedy"])

    def test_no_compiler(self):
        process = self.start("--mode", "compile", "--threads", "1", PATH="/nowhere", CXX="")
        hello = self.ask(process, request="hello")["ok"]
        self.assertIn("C++ compiler", hello["unavailable"])
        self.assertIn("eager", hello["remedy"])
        self.assertEqual(self.ask(process, request="prepare")["error"]["kind"], "unsupported")

    def test_no_pytorch(self):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "torch.py").write_text("raise ImportError('not here')")
            hello = self.ask(self.start("--platform", "pytorch-cuda", PYTHONPATH=folder), request="hello")["ok"]
        self.assertIn("not here", hello["unavailable"])
        self.assertIn("setup pytorch-cuda", hello["remedy"])

    def test_a_mode_of_gpus(self):
        with tempfile.TemporaryDirectory() as folder:
            request = support.write_folder(pathlib.Path(folder), support.workload())
            answer = self.ask(self.start("--mode", "graph", "--threads", "1"), **request)
        self.assertEqual(answer["error"]["kind"], "unsupported")

    def test_temporary_compiler_cache_is_removed(self):
        with tempfile.TemporaryDirectory() as folder:
            process = self.start("--mode", "compile", "--threads", "1", TMPDIR=folder)
            self.assertIn("ok", self.ask(process, request="hello"))
            self.assertEqual(len(list(pathlib.Path(folder).glob("trainmark-pytorch-*"))), 1)
            self.ask(process, request="quit")
            self.assertEqual(process.wait(20), 0)
            self.assertEqual(list(pathlib.Path(folder).glob("trainmark-pytorch-*")), [])


if __name__ == "__main__":
    unittest.main()
