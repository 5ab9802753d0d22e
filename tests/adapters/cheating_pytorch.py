"""The PyTorch adapter with a shortcut, for tests: every one must fail the proof.

    trainmark verify mnist-cnn-lenet --worker "python tests/adapters/cheating_pytorch.py --cheat half-batch"
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "adapters"))
AT = sys.argv.index("--cheat")
CHEAT = sys.argv[AT + 1]
del sys.argv[AT : AT + 2]

from trainmark_worker.start import begin

OPTIONS = begin(__name__)

import torch

from trainmark_pytorch.adapter import PytorchAdapter
from trainmark_worker.serve import serve


def restoring(trainer, names):
    """An optimiser's step after which the parameters `names` are what they were."""
    step = trainer.optimiser.step

    def cheat():
        kept = {name: trainer.parameters[name].detach().clone() for name in names}
        step()
        with torch.no_grad():
            for name, tensor in kept.items():
                trainer.parameters[name].copy_(tensor)

    return cheat


def no_convolution_update(adapter):
    trainer = adapter.trainer
    kinds = {layer.name: layer.kind for layer in adapter.workload.network.layers}
    trainer.optimiser.step = restoring(trainer, [t.name for t in adapter.workload.network.tensors if kinds[t.layer] == "conv2d"])


def weights_restored(adapter):
    adapter.trainer.optimiser.step = restoring(adapter.trainer, list(adapter.trainer.parameters))


def half_batch(adapter):
    forward = adapter.trainer.forward
    adapter.trainer.forward = lambda x, labels: (forward(x[: len(x) // 2], labels[: len(x) // 2])[0], adapter.trainer.network(x).detach())


def lower_precision(adapter):
    forward = adapter.trainer.forward

    def cheat(x, labels):
        with torch.autocast("cpu", torch.bfloat16):
            return forward(x, labels)

    adapter.trainer.forward = cheat


def part_of_evaluation(adapter):
    evaluate = adapter.evaluate

    def cheat():
        whole = adapter.splits[1].count
        adapter.splits[1].count = whole // 2
        predictions, losses = evaluate()
        adapter.splits[1].count = whole
        return torch.cat([predictions, predictions[: whole - whole // 2]]), losses

    adapter.evaluate = cheat


CHEATS = {
    "no-convolution-update": no_convolution_update, "weights-restored": weights_restored, "half-batch": half_batch,
    "lower-precision": lower_precision, "part-of-evaluation": part_of_evaluation,
}


class CheatingAdapter(PytorchAdapter):
    def build(self, *arguments):
        super().build(*arguments)
        CHEATS[CHEAT](self)


if __name__ == "__main__":
    serve(CheatingAdapter, OPTIONS)
