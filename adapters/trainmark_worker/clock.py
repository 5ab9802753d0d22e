"""The monotonic clock of all times."""
import time

now_ns = time.perf_counter_ns
