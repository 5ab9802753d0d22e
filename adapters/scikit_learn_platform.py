"""scikit-learn: KNeighborsClassifier by brute force. Its classes have no GPU and train no networks of several layers."""
from trainmark_worker.start import begin

OPTIONS = begin(__name__)

import platform

import numpy as np
import sklearn
import threadpoolctl
from sklearn.neighbors import KNeighborsClassifier

from trainmark_worker import blas
from trainmark_worker.errors import Unsupported
from trainmark_worker.neighbours import NeighboursAdapter
from trainmark_worker.samples import Samples

# Distances are exact in either type, because scikit-learn multiplies parts of float32 samples as float64; both take the same time, and
# float32 half the memory.
DTYPE = np.float32


class ScikitLearnAdapter(NeighboursAdapter):
    framework = "scikit-learn"
    platforms = ("scikit-learn",)
    remedy = "trainmark setup scikit-learn"

    def describe(self) -> dict:
        versions = {"scikit-learn": sklearn.__version__, "numpy": np.__version__, "python": platform.python_version()}
        return {"device": "CPU", "versions": versions, "modes": ["default"], "blas": blas.describe("scipy"), "numbers": np.dtype(DTYPE).name}

    def set_threads(self, threads: int) -> None:
        # OpenMP and BLAS of every library that is loaded; the environment said the same before they were.
        self.limits = threadpoolctl.threadpool_limits(threads)
        wrong = [pool for pool in threadpoolctl.threadpool_info() if pool["num_threads"] != threads]
        if wrong:
            raise Unsupported(f"{wrong[0]['prefix']} does not change its number of threads; start the worker with --threads {threads}")

    def build(self, k: int, threads: int, device: int) -> None:
        # The fused search takes its threads from OpenMP; n_jobs is for what it does not cover.
        self.model = KNeighborsClassifier(n_neighbors=k, algorithm="brute", metric="euclidean", n_jobs=threads)

    def set_samples(self, train: Samples, queries: Samples) -> int:
        self.x, self.labels = train.images.reshape(train.count, -1).astype(DTYPE), np.array(train.labels)
        self.queries = queries.images.reshape(queries.count, -1).astype(DTYPE)
        return self.x.nbytes + self.labels.nbytes + self.queries.nbytes

    def fit(self) -> None:
        self.model.fit(self.x, self.labels)

    def predict(self, first: int, count: int) -> np.ndarray:
        return self.model.predict(self.queries[first : first + count])

    def kernels(self) -> dict[str, str]:
        return {"neighbours": f"ArgKmin, {np.dtype(DTYPE).name}"}

    def memory(self) -> dict:
        return {"parameters": self.x.nbytes + self.labels.nbytes, "input": self.queries.nbytes}


if __name__ == "__main__":
    from trainmark_worker.serve import serve

    serve(ScikitLearnAdapter, OPTIONS)
