"""A worker as a process: whatever a line holds, it gets an answer."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import support
import numpy as np

from trainmark_worker.channel import MOST_LINE_BYTES
from trainmark_worker.safetensors import read_safetensors, write_safetensors

HERE = pathlib.Path(__file__).resolve().parent


class Worker(unittest.TestCase):
    def start(self, *options):
        command = [sys.executable, str(HERE / "tiny_worker.py"), *options]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=HERE)
        self.addCleanup(self.stop, self.process)

    @staticmethod
    def stop(process):
        process.kill()
        process.stdin.close()
        process.stdout.close()
        process.wait()

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.start("--threads", "1")

    def send(self, line):
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def ask(self, name, **members):
        return self.send(json.dumps({"id": 3, "request": name} | members).encode())

    def prepare(self, **changes):
        self.request = support.write_folder(self.folder, support.workload(**changes))
        answer = self.send(json.dumps(self.request).encode())
        self.assertIn("ok", answer)
        return answer["ok"]

    def train(self, first, steps, granularity="epoch"):
        files = {name: str(self.folder / name) for name in ("losses", "times", "correct")}
        answer = self.ask("train", first_step=first, steps=steps, granularity=granularity, **files)
        return answer, np.fromfile(files["losses"], "<f8") if "ok" in answer else None

    def test_lines_that_are_not_requests(self):
        hostile = [b"", b"{", b"[1, 2]", b"null", b'{"request": "hello"}', b'{"id": 1}', b'{"id": 1, "request": 7}', b'{"id": 1, "request": "\xff\xfe"}',
                   b'{"id": 1e999, "request": "hello"}', b"[" * 500_000, b'{"id": 1, "request": "hello", "protocol": "one"}', b'{"id": %b}' % (b"9" * 10_000)]
        for line in hostile:
            self.assertEqual(self.send(line)["error"]["kind"], "failed", line[:60])
        self.assertIsNone(self.send(b"{")["id"])
        self.assertEqual(self.ask("hello")["ok"]["protocol"], 1)

    def test_line_limit(self):
        answer = self.send(b"x" * (MOST_LINE_BYTES + 1))
        self.assertEqual((answer["id"], answer["error"]["kind"]), (None, "failed"))
        self.assertIn("error", self.send(b" " * (3 * MOST_LINE_BYTES + 77)))
        self.assertIn("ok", self.send(b'{"id": 3, "request": "hello"}'.ljust(MOST_LINE_BYTES)))

    def test_hello_before_anything_and_nothing_else(self):
        hello = self.ask("hello", protocol=1, unknown=[])["ok"]
        self.assertEqual((hello["platform"], hello["framework"], hello["modes"], hello["mode"]), ("tiny", "tiny", ["plain"], "plain"))
        for name in ("train", "evaluate", "load", "dump", "memory", "reset"):
            self.assertIn("send prepare first", self.ask(name)["error"]["message"])

    def test_unknown_requests(self):
        answer = self.send(b'{"id": "x", "request": "trains"}')
        self.assertEqual((answer["id"], answer["error"]["kind"]), ("x", "unsupported"))
        self.assertIn("did you mean 'train'?", answer["error"]["message"])

    def test_a_framework_that_is_missing(self):
        self.start("--platform", "tiny-absent")
        hello = self.ask("hello")["ok"]
        self.assertIn("no_such_framework", hello["unavailable"])
        request = support.write_folder(self.folder, support.workload())
        self.assertEqual(self.send(json.dumps(request).encode())["error"]["kind"], "unsupported")

    def test_modes_and_platforms_that_are_unknown(self):
        self.start("--mode", "fast")
        request = json.dumps(support.write_folder(self.folder, support.workload())).encode()
        self.assertIn("--mode", self.send(request)["error"]["message"])
        self.start("--platform", "large")
        self.assertEqual(self.ask("hello")["error"]["kind"], "unsupported")

    def test_end_of_stdin_and_quit(self):
        self.assertEqual(self.ask("quit"), {"id": 3, "ok": {}})
        self.assertEqual(self.process.wait(10), 0)
        self.start()
        self.process.stdin.write(b'{"id": 1, "request": "hello"')  # no newline
        self.process.stdin.close()
        self.assertEqual(self.process.wait(10), 0)
        self.assertEqual(self.process.stdout.read(), b"")

    def test_training_in_stretches_is_the_same_as_step_by_step(self):
        ok = self.prepare()
        self.assertEqual(set(ok), {"build_ns", "compile_ns", "input_ns", "input_bytes", "kernels"})
        answer, losses = self.train(0, 6)
        self.assertTrue(np.isfinite(losses).all() and (losses > 0).all())
        self.assertEqual(len(np.fromfile(self.folder / "times", "<u8")), 1)
        self.ask("dump", what="state", file=str(self.folder / "a"))
        self.assertEqual(self.send(json.dumps(self.request | {"request": "reset"}).encode()), {"id": 1, "ok": {}})
        again, by_step = self.train(0, 6, "step")
        self.assertEqual(len(np.fromfile(self.folder / "times", "<u8")), 6)
        self.assertEqual(answer["ok"], again["ok"])
        np.testing.assert_array_equal(losses, by_step)
        self.ask("dump", what="state", file=str(self.folder / "b"))
        self.assertEqual((self.folder / "a").read_bytes(), (self.folder / "b").read_bytes())
        self.assertEqual(int(read_safetensors(self.folder / "a")["step"]), 6)
        self.assertEqual(self.ask("dump", what="gradients", file=str(self.folder / "g")), {"id": 3, "ok": {}})
        self.assertEqual(set(read_safetensors(self.folder / "g")), {"fc.weight", "fc.bias"})

    def test_a_wrong_load_changes_nothing(self):
        self.prepare()
        dump = {"what": "state", "file": str(self.folder / "a")}
        self.ask("dump", **dump)
        before = (self.folder / "a").read_bytes()
        write_safetensors(self.folder / "wrong", {"fc.weight": np.zeros((3, 4), np.float32)})
        self.assertEqual(self.ask("load", state=str(self.folder / "wrong"))["error"]["kind"], "failed")
        self.assertIn("error", self.ask("load", state=str(self.folder / "none")))
        self.ask("dump", **dump)
        self.assertEqual((self.folder / "a").read_bytes(), before)
        self.assertEqual(self.ask("load", state=str(self.folder / "a"))["ok"], {})

    def test_requests_out_of_range(self):
        self.prepare()
        for first, steps in ((0, 7), (6, 1), (-1, 1), (0, 0), (2**62, 2**62)):
            self.assertEqual(self.train(first, steps)[0]["error"]["kind"], "failed")
        self.assertEqual(self.train(0, 1, "batch")[0]["error"]["kind"], "unsupported")
        self.assertEqual(self.ask("evaluate", split="test")["error"]["kind"], "unsupported")
        self.assertIn("ok", self.train(5, 1)[0])

    def test_a_loss_that_is_not_finite_is_null(self):
        self.prepare()
        answer = self.ask("evaluate", split="evaluation", predictions=str(self.folder / "p"))
        self.assertIsNone(answer["ok"]["loss"])
        self.assertEqual(len(np.fromfile(self.folder / "p", "<i4")), 4)

    def test_what_the_adapter_does_not_list_is_unsupported(self):
        self.prepare()
        for key, value in (("optimiser", {"kind": "adam", "learning_rate": 1, "weight_decay": 0}), ("loss", "hinge"), ("schedule", {"kind": "linear"})):
            request = support.write_folder(self.folder, support.workload(**{key: value}))
            self.assertEqual(self.send(json.dumps(request).encode())["error"]["kind"], "unsupported", key)
        request = support.write_folder(self.folder, support.workload())
        self.assertEqual(self.send(json.dumps(request | {"dtype": "float16"}).encode())["error"]["kind"], "unsupported")
        for key in ("workload", "seed", "initial_state", "tables", "orders", "order_of_epoch", "samples", "threads", "dtype"):
            self.assertIn(key, self.send(json.dumps(request | {key: {"a": 1}}).encode())["error"]["message"])
        self.assertIn("ok", self.train(0, 1)[0])  # the workload before is still there


if __name__ == "__main__":
    unittest.main()
