"""Losses and correct answers of a stretch, kept on the device until its clock has stopped."""
from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

# Logits wait until so many bytes are together, then all their classes are found at once: three calls for many small
# batches instead of three for each.
_KEPT_BYTES = 1 << 18


class Record:
    """What every part of a batch gave; a step has `passes` parts of one size."""

    def __init__(self, passes: int) -> None:
        self.passes = passes
        self.losses: list[Tensor] = []  # () each
        self.correct: list[Tensor] = []  # (parts) each
        self.logits: list[Tensor] = []
        self.labels: list[Tensor] = []
        self.kept_bytes = 0

    def add(self, loss: Tensor, logits: Tensor, labels: Tensor) -> None:
        """Mean loss () of a part, its logits (n, classes) and labels (n)."""
        if self.logits and self.logits[0].shape != logits.shape:
            self.count()
        self.losses.append(loss.detach())
        self.logits.append(logits.detach())
        self.labels.append(labels)
        self.kept_bytes += logits.nbytes
        if self.kept_bytes >= _KEPT_BYTES:
            self.count()

    def count(self) -> None:
        """Finds the correct answers of what has been kept."""
        if not self.logits:
            return
        if len(self.logits) == 1:
            logits, labels = self.logits[0].unsqueeze(0), self.labels[0].unsqueeze(0)
        else:
            logits, labels = torch.stack(self.logits), torch.stack(self.labels)
        self.correct.append((logits.argmax(2) == labels).sum(1))
        self.logits, self.labels, self.kept_bytes = [], [], 0

    def results(self) -> tuple[np.ndarray, np.ndarray]:
        """Losses float64 (steps), correct int32 (steps)."""
        losses = torch.stack(self.losses).cpu().double().numpy().reshape(-1, self.passes).mean(1)
        correct = torch.cat(self.correct).cpu().numpy().reshape(-1, self.passes).sum(1)
        return losses, correct.astype(np.int32)
