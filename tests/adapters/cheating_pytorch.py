"""The PyTorch adapter with a shortcut of cheats.py, or with one of PyTorch's own: cheating_pytorch.py --cheat NAME [options of the adapter]."""
from cheats import CHEATS, take_option

NAME = take_option("--cheat")

from trainmark_worker.start import begin

OPTIONS = begin(__name__)

import torch

from trainmark_pytorch.adapter import PytorchAdapter
from trainmark_worker.serve import serve


def autocast(adapter_class):
    """Products in bfloat16, as people switch it on."""

    class Cheat(adapter_class):
        def build(self, *arguments):
            super().build(*arguments)
            forward = self.trainer.forward

            def cheat(x, labels):
                with torch.autocast("cpu", torch.bfloat16):
                    return forward(x, labels)

            self.trainer.forward = cheat

    return Cheat


if __name__ == "__main__":
    serve((CHEATS | {"autocast": autocast})[NAME](PytorchAdapter), OPTIONS)
