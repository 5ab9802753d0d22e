"""bench/compare on programs that print made-up times: ratios, intervals, errors."""
import json
import os
import re
import stat
import subprocess
import sys
import tempfile
import unittest
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader

COMPARE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench", "compare")
FAKE = """#!{python}
import json, sys
if any("nothing" in a for a in sys.argv): sys.exit(0)
state = {state!r}
with open(state, "a") as f: f.write("x")
n = len(open(state).read())
print(json.dumps({{"benchmarks": [
  {{"name": "step/a", "run_type": "iteration", "real_time": 1.0, "time_unit": "ms", "median_us": {us} * (2 if n % 4 == 0 else 1)}},
  {{"name": "csv", "run_type": "iteration", "real_time": {us}, "time_unit": "us"}},
  {{"name": "csv_mean", "run_type": "aggregate", "real_time": 5.0, "time_unit": "us"}}]}}))
"""


class Compare(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def program(self, name, us):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(FAKE.format(python=sys.executable, us=us, state=path + ".runs"))
        os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
        return path

    def run_compare(self, *arguments):
        return subprocess.run([sys.executable, "-B", COMPARE, *arguments], capture_output=True, text=True, check=False)

    def test_ratios_are_of_the_same_round_and_outliers_do_not_move_them(self):
        done = self.run_compare(self.program("old", 100), self.program("new", 80), "--rounds", "7")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"step/a +100\.0 +80\.0 +0\.800 +0\.800 to 0\.800 +faster")
        self.assertRegex(done.stdout, r"csv +100\.0 +80\.0 +0\.800")
        self.assertNotIn("csv_mean", done.stdout)

    def test_few_rounds_have_no_interval(self):
        done = self.run_compare(self.program("old", 100), self.program("new", 100), "--rounds", "5")
        self.assertIn("too few rounds", done.stdout)

    def test_the_same_program_twice_shows_no_difference(self):
        one = self.program("one", 100)
        done = self.run_compare(one, one, "--rounds", "6", "--filter", "csv")
        self.assertRegex(done.stdout, r"csv .* 1\.000 to 1\.000 +no difference shown")

    def test_what_cannot_be_used_is_said_in_a_sentence(self):
        good = self.program("good", 1)
        for arguments in (["/there/is/none", good], [good, good, "--filter", "nothing"], [good, good, "--rounds", "0"]):
            done = self.run_compare(*arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertRegex(done.stderr, r"bench/compare: .+")
            self.assertIsNone(re.search("Traceback", done.stderr))

    def test_intervals_are_those_of_the_binomial_table(self):
        loader = SourceFileLoader("compare", COMPARE)
        compare = module_from_spec(spec_from_loader("compare", loader))
        loader.exec_module(compare)
        # Conover, table A3 (p = 0.5): 95 % needs 6 values (ranks 1 and 6); of 11 ranks 2 and 10, of 20 ranks 6 and 15.
        for n, ranks in ((5, None), (6, (1, 6)), (11, (2, 10)), (20, (6, 15))):
            self.assertEqual(compare.interval_of_median([float(v) for v in range(1, n + 1)], 0.95), ranks)


if __name__ == "__main__":
    unittest.main()
