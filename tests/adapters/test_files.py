"""Safetensors, samples, tables and orders: what is right is read exactly, what is wrong is refused."""
import json
import pathlib
import tempfile
import unittest

import support
import numpy as np

from trainmark_worker.batches import Orders, Step, crc_of
from trainmark_worker.errors import Failed
from trainmark_worker.inputs import read_inputs, read_state
from trainmark_worker.safetensors import read_safetensors, write_safetensors
from trainmark_worker.samples import normalise
from trainmark_worker.workload import parse_workload


class InFolder(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)


class Safetensors(InFolder):
    def test_round_trip_to_the_bit(self):
        tensors = {
            "a": np.array([[1.5, np.nan], [np.inf, -0.0]], np.float32), "b": np.arange(3, dtype=np.float64), "step": np.array(9, np.int64),
            "empty": np.zeros((0, 4), np.float32), "transposed": np.arange(6, dtype=np.float32).reshape(2, 3).T,
        }
        path = self.folder / "s"
        write_safetensors(path, tensors)
        read = read_safetensors(path)
        self.assertEqual(list(read), list(tensors))
        for name, tensor in tensors.items():
            self.assertEqual((read[name].dtype, read[name].shape, read[name].tobytes()), (tensor.dtype, tensor.shape, tensor.tobytes()))
        read["a"][0, 0] = 3  # the copy may be changed

    def test_other_types_are_not_written(self):
        with self.assertRaises(Failed):
            write_safetensors(self.folder / "s", {"a": np.zeros(2, np.float16)})

    def test_hostile_files(self):
        def file(header, values=b"", length=None):
            text = header if isinstance(header, bytes) else json.dumps(header).encode()
            return (len(text) if length is None else length).to_bytes(8, "little") + text + values

        def entry(dtype="F32", shape=(2,), offsets=(0, 8)):
            return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}

        cases = {
            "empty": b"", "short": b"1234567", "length": file({}, length=2**63), "no json": file(b"{"), "list": file([]),
            "deep": file(b"[" * 100_000), "not utf8": file(b"\xff\xfe"), "type": file({"a": entry("F16", offsets=(0, 4))}, b"1234"),
            "no object": file({"a": 3}), "cut off": file({"a": entry()}, b"1234"), "size": file({"a": entry(shape=(3,))}, b"12345678"),
            "negative": file({"a": entry(shape=(-1, -2))}, b"12345678"), "huge": file({"a": entry(shape=(2**40, 2**40))}, b"12345678"),
            "boolean": file({"a": entry(shape=(True, 2))}, b"12345678"), "overlap": file({"a": entry(), "b": entry()}, b"12345678"),
            "gap": file({"a": entry(offsets=(4, 12))}, b"123456789012"), "rest": file({"a": entry()}, b"123456789"),
            "twice": file(b'{"a": %b, "a": %b}' % ((json.dumps(entry()).encode(),) * 2), b"12345678"), "offsets": file({"a": entry(offsets=(8, 0))}, b"12345678"),
        }
        for name, content in cases.items():
            with self.subTest(name):
                (self.folder / "s").write_bytes(content)
                with self.assertRaises(Failed):
                    read_safetensors(self.folder / "s")

    def test_metadata_is_ignored(self):
        (self.folder / "s").write_bytes((26).to_bytes(8, "little") + b'{"__metadata__":{"a":"b"}}')
        self.assertEqual(read_safetensors(self.folder / "s"), {})


class State(InFolder):
    def setUp(self):
        super().setUp()
        self.workload = parse_workload(support.workload(optimiser={"kind": "adam", "learning_rate": 1, "weight_decay": 0}))
        self.good = {"fc.weight": np.ones((3, 4), np.float32), "fc.bias": np.ones(3, np.float64)}

    def read(self, tensors):
        write_safetensors(self.folder / "s", tensors)
        return read_state(self.folder / "s", self.workload)

    def test_missing_optimiser_state_is_zero(self):
        state, step = self.read(self.good)
        self.assertEqual(step, 0)
        self.assertEqual(set(state), {n + s for n in self.good for s in ("", ".exp_avg", ".exp_avg_sq")})
        self.assertFalse(state["fc.weight.exp_avg_sq"].any())

    def test_step_is_read(self):
        self.assertEqual(self.read(self.good | {"step": np.array(7, np.int64)})[1], 7)

    def test_wrong_tensors(self):
        step = np.array(7, np.int64)
        wrong = [
            {"fc.weight": self.good["fc.weight"]}, self.good | {"other": np.ones(1, np.float32)}, self.good | {"fc.bias": np.ones(4, np.float32)},
            self.good | {"fc.weight": np.ones((4, 3), np.float32)}, self.good | {"fc.bias": np.ones(3, np.int64)}, self.good | {"fc.bias.momentum": np.ones(3, np.float32)},
            self.good | {"step": step.reshape(1)}, self.good | {"step": -step}, self.good | {"step": np.array(1, np.float32)},
        ]
        for tensors in wrong:
            with self.assertRaises(Failed):
                self.read(tensors)


class Batches(unittest.TestCase):
    def steps(self, **changes):
        workload = parse_workload(support.workload(**changes))
        orders = [np.arange(workload.order_length, dtype=np.int32) % 7, np.arange(workload.order_length, dtype=np.int32)[::-1] % 7]
        return [step.indices.tolist() for step in Orders(workload, orders, [0, 1]).steps(0, workload.total_steps)]

    def test_last_batch_is_smaller(self):
        self.assertEqual(self.steps(), [[0, 1, 2], [3, 4, 5], [6], [6, 5, 4], [3, 2, 1], [0]])

    def test_drop_and_pad(self):
        self.assertEqual(self.steps(last_batch="drop"), [[0, 1, 2], [3, 4, 5], [5, 4, 3], [2, 1, 0]])
        self.assertEqual(self.steps(last_batch="pad")[:3], [[0, 1, 2], [3, 4, 5], [6, 0, 1]])

    def test_max_batches(self):
        self.assertEqual(self.steps(max_batches=1), [[0, 1, 2], [6, 5, 4]])

    def test_wrong_orders(self):
        workload = parse_workload(support.workload())
        good = np.arange(7, dtype=np.int32)
        for orders, of_epoch in (([good], [0]), ([good], [0, 1]), ([good[:6]], [0, 0]), ([good + 1], [0, 0]), ([good - 1], [0, 0])):
            with self.assertRaises(Failed):
                Orders(workload, orders, of_epoch)

    def test_checksum(self):
        def step(*indices):
            return Step(0, 0.1, 0, 0, len(indices), np.array(indices, np.int32))

        self.assertEqual(crc_of((step(0, 1, 2),)), 494276218)
        self.assertEqual(crc_of((step(0), step(1, 2))), 494276218)


class Inputs(InFolder):
    def test_samples_at_their_offset(self):
        request = support.write_folder(self.folder, support.workload())
        inputs = read_inputs(request)
        raw = (self.folder / "train.images").read_bytes()[6:]
        self.assertEqual(inputs.train.images.tobytes(), raw)
        self.assertEqual(inputs.orders.step(2).number, 2)
        values = normalise(inputs.train.images, inputs.table)
        self.assertEqual(values.dtype, np.float32)
        self.assertEqual(values[1, 0, 1, 0], np.float32(raw[6]) / np.float32(255))

    def test_wrong_files(self):
        request = support.write_folder(self.folder, support.workload())
        for name, content in (("train.images", b"x"), ("train.labels", bytes([0, 1, 2, 3, 0, 0, 0])), ("tables.f32", b"1234"), ("order-0.i32", b"12345"), ("workload.json", b"{}")):
            with self.subTest(name):
                before = (self.folder / name).read_bytes()
                (self.folder / name).write_bytes(content)
                with self.assertRaises(Failed):
                    read_inputs(request)
                (self.folder / name).write_bytes(before)
        read_inputs(request)


if __name__ == "__main__":
    unittest.main()
