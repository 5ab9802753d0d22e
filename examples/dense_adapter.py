"""A complete adapter: dense networks with plain SGD, in NumPy. docs/write-an-adapter.md explains it line by line.

    trainmark verify mnist-mlp --worker "python3 examples/dense_adapter.py"
"""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "adapters"))  # where trainmark_worker lies

from trainmark_worker.start import begin

OPTIONS = begin(__name__)  # sets stdout aside and the number of threads; before any framework is imported

import numpy as np

from trainmark_worker.adapter import Adapter
from trainmark_worker.errors import Unsupported
from trainmark_worker.samples import normalise


class DenseAdapter(Adapter):
    framework = "example"
    platforms = ("dense-example",)

    def describe(self):
        return {
            "device": "CPU",
            "versions": {"numpy": np.__version__},
            "dtypes": ["float32", "float64"],
            "layers": ["flatten", "dense", "relu"],
            "modes": ["default"],
            "optimisers": ["sgd"],
            "losses": ["softmax_cross_entropy"],
            "schedules": ["constant"],
            "abilities": [],
        }

    def build(self, workload, dtype, threads, device):
        recipe, layers = workload.recipe, workload.network.layers
        o = recipe.optimiser
        if o.momentum or o.weight_decay or recipe.label_smoothing or recipe.clip_norm or recipe.passes > 1:
            raise Unsupported("the example knows plain SGD only: no momentum, decay, smoothing, clipping or passes")
        if any(layer.inputs[0] != before for layer, before in zip(layers, ["input", *(layer.name for layer in layers)])):
            raise Unsupported("the example knows chains of layers only, no branches")
        if not all(layer["bias"] for layer in layers if layer.kind == "dense"):
            raise Unsupported("the example knows dense layers with biases only")
        self.layers, self.dtype = layers, dtype

    def set_samples(self, train, evaluation, table):
        # Inputs as the table has them, (count, features); once, because the whole set fits into memory.
        self.train_x = normalise(train.images, table, self.dtype).reshape(train.count, -1)
        self.train_y = train.labels.astype(np.int64)
        self.test_x = normalise(evaluation.images, table, self.dtype).reshape(evaluation.count, -1)
        self.test_y = evaluation.labels.astype(np.int64)
        return self.train_x.nbytes + self.test_x.nbytes

    def set_state(self, tensors, step):
        self.state = {name: tensor.copy() for name, tensor in tensors.items()}

    def get_state(self):
        return self.state

    def forward(self, x):
        """Logits (n, classes), and the input (n, features) of every layer."""
        inputs = []
        for layer in self.layers:
            inputs.append(x)
            if layer.kind == "dense":
                x = x @ self.state[f"{layer.name}.weight"].T + self.state[f"{layer.name}.bias"]
            elif layer.kind == "relu":
                x = np.maximum(x, 0)
        return x, inputs

    def train(self, stretch):
        losses, correct = [], []
        for step in stretch.steps:
            y, rows = self.train_y[step.indices], np.arange(len(step))
            logits, inputs = self.forward(self.train_x[step.indices])
            loss, p = softmax_loss(logits, y)
            losses.append(loss)
            correct.append(np.count_nonzero(logits.argmax(1) == y))
            g = p  # gradient of the mean loss by the logits, then by the output of each layer
            g[rows, y] -= 1
            g /= len(step)
            for layer, x in zip(reversed(self.layers), reversed(inputs)):
                if layer.kind == "relu":
                    g = g * (x > 0)
                elif layer.kind == "dense":
                    weight, bias = self.state[f"{layer.name}.weight"], self.state[f"{layer.name}.bias"]
                    dw, db, g = g.T @ x, g.sum(0), g @ weight
                    weight -= step.learning_rate * dw
                    bias -= step.learning_rate * db
        return losses, correct

    def results(self, handle):
        losses, correct = handle
        return np.array(losses, np.float64), np.array(correct, np.int32)

    def evaluate(self):
        logits, _ = self.forward(self.test_x)
        return logits.argmax(1), softmax_loss(logits, self.test_y)[0]


def softmax_loss(logits, y):
    """Mean cross-entropy, and the probabilities (n, classes)."""
    shifted = logits - logits.max(1, keepdims=True)
    p = np.exp(shifted)
    total = p.sum(1, keepdims=True)
    loss = np.mean(np.log(total[:, 0]) - shifted[np.arange(len(y)), y], dtype=np.float64)
    return loss, p / total


if __name__ == "__main__":
    from trainmark_worker.serve import serve

    serve(DenseAdapter, OPTIONS)
