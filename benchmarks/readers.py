"""How long a card, a page and a face pair take on this machine, on specimens drawn for the run.

`python benchmarks/readers.py [--cards N] [--threads T]` prints a table and one machine-readable line. Models are loaded and
warmed before the clock starts, as a worker does once. Fields are compared with what was drawn, so that speed is never
reported for readings that are wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from datetime import date

from connectors.sandbox.specimens import Person, aadhaar_card, pan_card, selfie, utility_bill
from ml.documents import DocumentReader
from ml.face import compare_faces, face_engine
from ml.images import load_image
from ml.ocr import text_reader
from ml.settings import MlSettings

PERSON = Person(
    name="Meera Iyer",
    father_name="S Subramanian",
    date_of_birth=date(2001, 1, 31),
    gender="F",
    address="4/118 Gandhi Street, T Nagar, Chennai, Tamil Nadu 600017",
    pan="COOPI5080Z",
    aadhaar_last4="7310",
)


def timed(jobs: list[Callable[[], bool]]) -> tuple[float, float, float, int]:
    """Median and slowest wall time and median processor time in milliseconds, and how many answers were right.

    Processor time is what to compare between runs: wall time on a shared machine measures the neighbours too.
    """
    wall, cpu, right = [], [], 0
    for job in jobs:
        start, used = time.perf_counter(), time.process_time()
        right += job()
        wall.append((time.perf_counter() - start) * 1000)
        cpu.append((time.process_time() - used) * 1000)
    return statistics.median(wall), max(wall), statistics.median(cpu), right


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cards", type=int, default=12, help="how many of each to read")
    options.add_argument("--threads", type=int, default=2, help="threads per inference")
    chosen = options.parse_args()
    settings = MlSettings(threads=chosen.threads)
    engine = face_engine(settings)
    reader, full = DocumentReader(text_reader(settings)), DocumentReader(text_reader(settings), engine)
    seeds = range(1, chosen.cards + 1)
    cards = [pan_card(PERSON, seed) for seed in seeds]
    aadhaars = [aadhaar_card(PERSON, seed) for seed in seeds]
    bills = [utility_bill(PERSON, date(2026, 5, 5), seed) for seed in seeds]
    selfies = [selfie(seed) for seed in seeds]
    full.read(cards[0])
    compare_faces(cards[0], selfies[0], engine=engine)

    def lines(data: bytes) -> bool:
        return any(line.text == PERSON.pan for line in text_reader(settings).read(load_image(data), detail_px=736))

    def pan(data: bytes, by: DocumentReader) -> bool:
        reading = by.read(data)
        return (reading.text("number"), reading.text("name")) == (PERSON.pan, PERSON.name.upper())

    tasks: dict[str, list[Callable[[], bool]]] = {
        "card text only": [lambda data=data: lines(data) for data in cards],
        "PAN card read": [lambda data=data: pan(data, reader) for data in cards],
        "PAN card read with portrait": [lambda data=data: pan(data, full) for data in cards],
        "Aadhaar card read": [
            lambda data=data: reader.read(data).text("address") == PERSON.address for data in aadhaars
        ],
        "bill read": [lambda data=data: reader.read(data).text("address") == PERSON.address for data in bills],
        "face pair": [
            lambda a=a, b=b: compare_faces(a, b, engine=engine).is_match for a, b in zip(cards, selfies, strict=True)
        ],
    }
    print(f"{chosen.cards} of each, {chosen.threads} threads, load average {os.getloadavg()[0]:.1f}")
    print(f"{'task':30}{'wall ms':>9}{'slowest':>9}{'cpu ms':>8}{'right':>9}")
    figures = {}
    for name, jobs in tasks.items():
        wall, slowest, cpu, right = timed(jobs)
        figures[name.replace(" ", "_")] = {"wall_ms": round(wall), "cpu_ms": round(cpu), "right": right}
        print(f"{name:30}{wall:9.0f}{slowest:9.0f}{cpu:8.0f}{right:6}/{len(jobs)}")
    print(json.dumps({"benchmark": "readers", "cpus": os.cpu_count(), "n": chosen.cards, "figures": figures}))


if __name__ == "__main__":
    main()
