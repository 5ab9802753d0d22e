"""Searches for neighbours: the helper's requests with an adapter in NumPy, and scikit-learn where it is here."""
import json
import pathlib
import tempfile
import unittest

import support
import numpy as np

from trainmark_worker.errors import Failed, Unsupported
from trainmark_worker.neighbours import NeighboursAdapter, NeighboursSession
from trainmark_worker.session import Session
from trainmark_worker.start import Options

try:
    import scikit_learn_platform
except ImportError:
    scikit_learn_platform = None

OPTIONS = Options("", "", 1, -1)


class PlainNeighbours(NeighboursAdapter):
    """Exact integers, ties by lowest index."""

    framework, platforms = "plain", ("plain",)

    def describe(self) -> dict:
        return {"device": "CPU", "versions": {}, "modes": ["default"]}

    def build(self, k, threads, device) -> None:
        self.k = k

    def set_samples(self, train, queries) -> int:
        self.x, self.labels = train.images.reshape(train.count, -1).astype(np.int64), np.array(train.labels)
        self.queries = queries.images.reshape(queries.count, -1).astype(np.int64)
        return self.x.nbytes

    def fit(self) -> None:
        pass

    def predict(self, first, count):
        distances = ((self.queries[first : first + count, None] - self.x[None]) ** 2).sum(2)
        nearest = np.argsort(distances, 1, kind="stable")[:, : self.k]
        return np.array([np.bincount(self.labels[row]).argmax() for row in nearest])


def search_request(folder: pathlib.Path, k: int = 3, train: int = 60, queries: int = 20) -> dict:
    """A prepare request of a search in `folder`."""
    described = support.workload(batch_size=8)
    described["network"] |= {"layers": [], "parameters": []}
    described["neighbours"] = {"k": k}
    described["dataset"] |= {"train_count": train, "test_count": queries}
    described["recipe"]["epochs"] = 1
    described["derived"] = {"batch_size": 8, "steps_per_epoch": -(-queries // 8), "total_steps": -(-queries // 8), "last_batch_size": queries % 8 or 8}
    return support.write_folder(folder, described) | {"orders": [], "order_of_epoch": []}


class Neighbours(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def predict(self, session, first, count):
        path = self.folder / "predictions"
        answer = session.handlers()["predict"]({"first": first, "count": count, "predictions": str(path)})
        self.assertGreater(answer["elapsed_ns"], 0)
        return np.fromfile(path, "<i4")

    def test_requests_in_their_order(self):
        session = NeighboursSession(PlainNeighbours(OPTIONS))
        handlers = session.handlers()
        hello = handlers["hello"]({})
        self.assertEqual((hello["methods"], hello["layers"], hello["mode"]), (["neighbours"], [], "default"))
        with self.assertRaisesRegex(Failed, "send prepare first"):
            handlers["fit"]({})
        handlers["prepare"](search_request(self.folder))
        with self.assertRaisesRegex(Failed, "send fit first"):
            handlers["predict"]({"first": 0, "count": 1, "predictions": "p"})
        self.assertGreater(handlers["fit"]({})["elapsed_ns"], 0)
        whole = self.predict(session, 0, 20)
        np.testing.assert_array_equal(self.predict(session, 5, 7), whole[5:12])
        with self.assertRaisesRegex(Failed, "not within the 20"):
            handlers["predict"]({"first": 15, "count": 6, "predictions": "p"})
        handlers["reset"](search_request(self.folder))
        with self.assertRaisesRegex(Failed, "send fit first"):
            self.predict(session, 0, 1)

    def test_each_kind_of_worker_refuses_the_other_kind_of_workload(self):
        with self.assertRaisesRegex(Unsupported, "tiny finds no nearest neighbours"):
            Session(support.TinyAdapter(OPTIONS)).prepare(search_request(self.folder))
        with self.assertRaisesRegex(Unsupported, "plain only finds nearest neighbours, and cannot train tiny"):
            NeighboursSession(PlainNeighbours(OPTIONS)).prepare(support.write_folder(self.folder, support.workload()))

    def test_a_workload_must_have_layers_or_neighbours(self):
        request = search_request(self.folder)
        path = self.folder / "workload.json"
        described = json.loads(path.read_text())
        del described["neighbours"]
        path.write_text(json.dumps(described))
        with self.assertRaisesRegex(Failed, "must have layers, or it must have 'neighbours'"):
            NeighboursSession(PlainNeighbours(OPTIONS)).prepare(request)

    @unittest.skipIf(scikit_learn_platform is None, "scikit-learn is not here")
    def test_scikit_learn_gives_the_exact_classes(self):
        request = search_request(self.folder, k=5, train=500, queries=100)
        sessions = [NeighboursSession(PlainNeighbours(OPTIONS)), NeighboursSession(scikit_learn_platform.ScikitLearnAdapter(OPTIONS))]
        for session in sessions:
            session.prepare(request)
            session.handlers()["fit"]({})
        plain, own = (self.predict(session, 0, 100) for session in sessions)
        # 2x2 random pixels: hardly two equal distances; one in a hundred may be a tie that is decided otherwise.
        self.assertGreaterEqual((plain == own).sum(), 99)


if __name__ == "__main__":
    unittest.main()
