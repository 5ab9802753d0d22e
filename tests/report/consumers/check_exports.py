"""Exports of a real run, read by the tools that they are for: check_exports.py PROGRAM.

Each check is skipped, with its reason, where its tool is missing. Packages: mlperf-logging, junitparser; of google/benchmark tools/compare.py (Debian:
libbenchmark-tools; else its folder in GOOGLE_BENCHMARK_TOOLS), which needs numpy and scipy.
"""
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
TOOLS = [pathlib.Path(folder) for folder in (os.environ.get("GOOGLE_BENCHMARK_TOOLS"), "/usr/share/benchmark") if folder]


def missing(*modules):
    return [name for name in modules if importlib.util.find_spec(name) is None]


def trainmark(*words, folder):
    return subprocess.run([PROGRAM, *words], cwd=folder, capture_output=True, text=True, check=True).stdout


class Exports(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        options = "--epochs 2 --max-batches 6 --batch-size 32 --repetitions 2 --threads 1 --operations"
        trainmark("run", "mnist-nn", "--platform", "cpu,reference", *options.split(), folder=cls.folder)

    def exported(self, form):
        path = self.folder / form
        trainmark("report", "--export", form, str(path), folder=self.folder)
        return path

    def test_google_benchmark_by_its_compare_script(self):
        script = next((folder / "compare.py" for folder in TOOLS if (folder / "compare.py").exists()), None)
        if script is None or missing("numpy", "scipy"):
            self.skipTest(f"compare.py of google/benchmark is not in {', '.join(map(str, TOOLS))}, or numpy or scipy is missing")
        path = self.exported("google-benchmark")
        both = subprocess.run([sys.executable, script, "--no-color", "benchmarks", path, path], capture_output=True, text=True)
        self.assertEqual(both.returncode, 0, both.stderr)
        self.assertIn("mnist-nn/synthetic-digits/batch:32/threads:1/cpu", both.stdout)
        self.assertIn("+0.0000", both.stdout)
        self.assertIn("_pvalue", both.stdout)
        filtered = subprocess.run([sys.executable, script, "--no-color", "filters", path, "cpu", "reference"], capture_output=True, text=True)
        self.assertEqual(filtered.returncode, 0, filtered.stderr)
        self.assertIn("[cpu vs. reference]", filtered.stdout)

    def test_mllog_by_the_compliance_checker(self):
        if missing("mlperf_logging", "yaml"):
            self.skipTest(f"missing: {', '.join(missing('mlperf_logging', 'yaml'))}")
        from mlperf_logging.compliance_checker import mlp_compliance, mlp_parser

        files = sorted(self.exported("mllog").glob("*.log"))
        self.assertEqual(len(files), 4)
        for file in files:
            lines, errors = mlp_parser.parse_file(str(file), ruleset="5.0.0")
            self.assertEqual(errors, [])
            self.assertEqual(lines[-1].key, "run_stop")
            checker = mlp_compliance.ComplianceChecker("training", "5.0.0", False, False)
            for rules in ("common.yaml", "open_common.yaml"):
                checker.configured_checks(lines, str(pathlib.Path(mlp_compliance.__file__).parent / "training_5.0.0" / rules))
            mlp_compliance.enqueued_configs.clear()  # rules of the benchmark itself, which there are none of
            # All rules but one: our networks are none of MLPerf's benchmarks.
            faults = [*checker.overwritable.items(), *((None, text) for text in checker.not_overwritable)]
            self.assertEqual([key for key, text in faults if key != "submission_benchmark"], [], faults)
            self.assertEqual(checker.warnings, {})

    def test_junit_by_junitparser(self):
        if missing("junitparser"):
            self.skipTest("missing: junitparser")
        import junitparser

        suites = list(junitparser.JUnitXml.fromfile(str(self.exported("junit"))))
        self.assertEqual([suite.name for suite in suites], ["mnist-nn/synthetic-digits/batch:32/threads:1"])
        cases = list(suites[0])
        self.assertEqual(sorted(case.name for case in cases), ["cpu, repetition 0", "cpu, repetition 1", "reference, repetition 0", "reference, repetition 1"])
        self.assertTrue(all(case.is_passed and case.time > 0 for case in cases))
        self.assertEqual((suites[0].tests, suites[0].failures, suites[0].errors, suites[0].skipped), (4, 0, 0, 0))

    def test_bencher_by_its_rules(self):
        """https://bencher.dev/docs/reference/bencher-metric-format: benchmark -> measure -> value and bounds around it."""
        metrics = json.loads(self.exported("bencher").read_text())
        self.assertEqual(len(metrics), 2)
        for measures in metrics.values():
            self.assertLessEqual({"latency", "throughput"}, set(measures))
            for metric in measures.values():
                self.assertLessEqual(set(metric), {"value", "lower_value", "upper_value"})
                self.assertTrue(all(isinstance(value, (int, float)) for value in metric.values()))
                self.assertLessEqual(metric.get("lower_value", metric["value"]), metric["value"] * (1 + 1e-9))
                self.assertGreaterEqual(metric.get("upper_value", metric["value"]), metric["value"] * (1 - 1e-9))

    def test_trace_by_the_rules_of_its_format(self):
        """Perfetto's own reader is a program that has to be downloaded; these are the rules of the Trace Event Format."""
        trace = json.loads(self.exported("trace").read_text())
        events = trace["traceEvents"]
        self.assertEqual({event["ph"] for event in events}, {"M", "X", "C"})
        names = {event["args"]["name"] for event in events if event["ph"] == "M"}
        self.assertIn("operations of a step", names)
        for event in events:
            self.assertTrue(isinstance(event["pid"], int) and isinstance(event["tid"], int) and isinstance(event["name"], str), event)
            if event["ph"] != "M":
                self.assertGreaterEqual(event["ts"], 0)
            if event["ph"] == "X":
                self.assertGreaterEqual(event["dur"], 0)
        for kind in ("timed", "warm_up", "operations", "forward", "backward"):
            self.assertTrue(any(event.get("cat") == kind for event in events), kind)


if __name__ == "__main__":
    unittest.main()
