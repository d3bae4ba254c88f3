"""How long a table takes to load that has not been loaded before: `python tests/benchmarks/table_loading.py`.

The description and the list of sources are read once a session and stay; everything else of a load is timed.
"""

from statistics import mean
from time import perf_counter

from course import data
from course.paths import DATASETS

RUNS = 20


def cold_ms(name: str) -> float:
    """Return the mean time in milliseconds to read, check and type a table."""
    times = []
    for _ in range(RUNS):
        data._table.cache_clear()
        if name != data.SOURCES:
            data.load(data.SOURCES)
        start = perf_counter()
        data.load(name)
        times.append(perf_counter() - start)
    return mean(times) * 1e3


if __name__ == "__main__":
    for name in data.tables(DATASETS):
        table = data.load(name)
        print(f"{name:22} {len(table):5} rows {table.size:6} cells {cold_ms(name):6.1f} ms")
