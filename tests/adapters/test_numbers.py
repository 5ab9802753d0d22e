"""Learning rates against values by hand, Philox against its published answers."""
import unittest

import support  # noqa: F401
import numpy as np

from trainmark_worker.philox import dropout_mask, philox, stream_of
from trainmark_worker.schedule import learning_rate_at
from trainmark_worker.workload import Schedule


class LearningRates(unittest.TestCase):
    def rates(self, schedule, steps):
        return [learning_rate_at(schedule, 0.8, step) for step in steps]

    def assert_close(self, values, expected):
        np.testing.assert_allclose(values, expected, rtol=1e-15)

    def test_constant_with_warm_up(self):
        self.assert_close(self.rates(Schedule("constant", 4, 0.5), range(6)), [0.4, 0.5, 0.6, 0.7, 0.8, 0.8])

    def test_step(self):
        self.assert_close(self.rates(Schedule("step", 2, 0.0, 3, 0.5), range(9)), [0, 0.4, 0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.2])

    def test_cosine(self):
        # minimum 0.2: 0.2 + 0.6 (1 + cos(pi u / 4)) / 2, which rises again after its period
        half = 2**0.5 / 2
        expected = [0.8, 0.5 + 0.3 * half, 0.5, 0.5 - 0.3 * half, 0.2, 0.5 - 0.3 * half]
        self.assert_close(self.rates(Schedule("cosine", 0, 0.0, 4, minimum=0.2), range(6)), expected)


class Philox(unittest.TestCase):
    """Vectors of Random123's kat_vectors for philox4x32 with 10 rounds."""

    def test_known_answers(self):
        ones = 0xFFFFFFFF
        cases = [
            ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
            ((ones,) * 4, (ones,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
            ((0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), (0xA4093822, 0x299F31D0), (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1)),
        ]
        for counter, key, expected in cases:
            words = philox(tuple(np.array([c], np.uint64) for c in counter), key)
            self.assertEqual(tuple(int(w[0]) for w in words), expected)

    def test_parts_of_a_mask_are_the_mask(self):
        whole = dropout_mask(100_003, 0, 0.3, 2**63 + 5, 11, 4)
        self.assertAlmostEqual(whole.mean(), 0.7, delta=0.01)
        np.testing.assert_array_equal(dropout_mask(70_000, 30_001, 0.3, 2**63 + 5, 11, 4), whole[30_001:100_001])

    def test_first_values(self):
        seed, step, layer = 5, 3, 2
        stream = stream_of(step, layer)
        self.assertEqual(stream, 0xD000020000000003)
        counter = tuple(np.array([c], np.uint64) for c in (0, 0, stream & 0xFFFFFFFF, stream >> 32))
        words = [int(w[0]) for w in philox(counter, (seed, 0))]
        self.assertEqual(dropout_mask(4, 0, 0.5, seed, step, layer).tolist(), [w >= 2**31 for w in words])


if __name__ == "__main__":
    unittest.main()
