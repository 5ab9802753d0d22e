"""Compiler caches: empty, a worker compiles; on what it has left, another compiles in a fraction of the time and computes the same."""
import importlib.util
import pathlib
import shutil
import tempfile
import unittest

import support
import numpy as np
from processes import Process, wide_workload


def start(script, platform, mode, folder, cache):
    """What hello says of the cache, compile time and first step in seconds, and the losses of four steps."""
    with Process(script, platform, 2, mode, str(cache)) as worker:
        said = worker.ask({"id": 1, "request": "hello", "protocol": 1})["ok"]
        request = support.write_folder(folder, wide_workload())
        for i in range(2):
            np.random.default_rng(i).permutation(512).astype(np.int32).tofile(folder / f"order-{i}.i32")
        prepared = worker.ask(request | {"threads": 2, "order_of_epoch": [0, 1] * 10})
        files = {file: str(folder / file) for file in ("losses", "times")}
        trained = worker.ask({"id": 2, "request": "train", "first_step": 0, "granularity": "step", "steps": 4} | files)
        if "ok" not in prepared or "ok" not in trained:
            raise AssertionError((prepared, trained))
        worker.ask({"id": 3, "request": "quit"})
        worker.process.wait(20)
        return said["compiler_cache"], prepared["ok"]["compile_ns"] / 1e9 + np.fromfile(folder / "times", "<u8")[0] / 1e9, np.fromfile(folder / "losses")


class Caches(unittest.TestCase):
    def expect_warm(self, module, script, platform, mode=""):
        if importlib.util.find_spec(module) is None:
            self.skipTest(f"{module} is not installed")
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "cache").mkdir()
            first, cold, losses = start(script, platform, mode, folder, folder / "cache")
            second, warm, same = start(script, platform, mode, folder, folder / "cache")
            self.assertTrue(first and second)
            self.assertLess(warm, cold / 2)
            np.testing.assert_allclose(same, losses, rtol=1e-6)  # Numba's threads add in the order in which they come

    def test_numba(self):
        self.expect_warm("numba", "numba_platform.py", "numba")

    def test_jax(self):
        self.expect_warm("jax", "jax_platform.py", "jax-cpu")

    def test_xla_of_tensorflow(self):
        self.expect_warm("tensorflow", "tensorflow_platform.py", "tensorflow-cpu", "xla")

    def test_compile_of_pytorch(self):
        if not any(map(shutil.which, ("c++", "g++", "clang++"))):
            self.skipTest("there is no C++ compiler")
        self.expect_warm("torch", "pytorch_platform.py", "pytorch-cpu", "compile")

    def test_workers_that_keep_nothing_say_so(self):
        for module, script, platform, mode in (("torch", "pytorch_platform.py", "pytorch-cpu", ""), ("tensorflow", "tensorflow_platform.py", "tensorflow-cpu", "")):
            if importlib.util.find_spec(module) is None:
                continue
            with tempfile.TemporaryDirectory() as folder, Process(script, platform, 1, mode, folder) as worker:
                self.assertFalse(worker.ask({"id": 1, "request": "hello", "protocol": 1})["ok"]["compiler_cache"])
                self.assertEqual(list(pathlib.Path(folder).iterdir()), [])


if __name__ == "__main__":
    unittest.main()
