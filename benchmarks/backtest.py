"""Back-test a million rows of the auto-loan pack, and beside it the scalar engine on a sample, in one process.

    python benchmarks/backtest.py [--rows 1000000] [--sample 2000]

The rows are made by rule from their number, so every run has the same; most applicants are in order, as in life, and a
few percent of each signal are missing. They are cached as Parquet in the system's folder for temporary files. Reading
the file is part of the time. CPU seconds are of all threads; wall seconds depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from engine import load_pack  # noqa: E402  # found by the line above, when run as a script
from engine.backtest import Backtest  # noqa: E402
from engine.frames import parquet_batches  # noqa: E402
from engine.frames.admit import signals_of  # noqa: E402

AS_OF = date(2026, 11, 20)
PACK = ROOT / "rules" / "auto_loan_in"
SEED = 20261120
CHUNK = 100_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--sample", type=int, default=2_000)
    arguments = parser.parse_args()
    path = Path(tempfile.gettempdir()) / f"verdict-backtest-{arguments.rows}-{SEED}.parquet"
    if not path.exists():
        make(path, arguments.rows)
    pack = load_pack(PACK)
    size_mib = path.stat().st_size / 2**20
    columnar = backtest(path, arguments.rows)
    scalar = one_by_one(path, arguments.sample)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"pack             {pack.id} {pack.version}, {len(pack.rules)} rules")
    print(f"rows             {arguments.rows:,} in {size_mib:.0f} MiB of Parquet")
    print(f"wall             {columnar['wall']:.2f} s, {arguments.rows / columnar['wall']:,.0f} rows a second")
    print(f"cpu              {columnar['cpu']:.2f} s of all threads")
    print(f"verdicts         {columnar['verdicts']}")
    print(f"left in doubt    {columnar['unsettled']:,} rows, decided by the scalar engine")
    print(f"scalar engine    {scalar:.1f} us a row over {arguments.sample:,} rows")
    print(f"ratio            {scalar * arguments.rows / 1e6 / columnar['cpu']:.1f} times less CPU than row by row")
    print(f"peak memory      {peak:,.0f} MiB")


def backtest(path: Path, rows: int) -> dict[str, Any]:
    """One back-test of the whole file."""
    wall, cpu = time.perf_counter(), time.process_time()
    run = Backtest(load_pack(PACK), as_of=AS_OF)
    for frame in parquet_batches(path):
        run.add(frame)
    found = run.result().to_dict()
    assert found["decided"] == rows, found["invalid"]
    return {
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "verdicts": found["verdicts"]["new"],
        "unsettled": found["by_scalar_engine"],
    }


def one_by_one(path: Path, sample: int) -> float:
    """CPU microseconds of the scalar engine for one row: verdict, score, category and the rules that fired."""
    pack = load_pack(PACK)
    lists = {name for name, spec in pack.signals.items() if spec.type == "list"}
    rows = [signals_of(row, lists) for row in pl.read_parquet(path, n_rows=sample).iter_rows(named=True)]
    pack.decide(rows[0], AS_OF)
    start = time.process_time()
    for row in rows:
        decision = pack.decide(row, AS_OF)
        assert decision.verdict
        assert decision.risk
        assert decision.fired is not None
    return (time.process_time() - start) / len(rows) * 1e6


# -- the data


def make(path: Path, rows: int) -> None:
    """Write the rows as Parquet, chunk by chunk."""
    frames = [chunk(start, min(CHUNK, rows - start)) for start in range(0, rows, CHUNK)]
    partial = path.with_suffix(".partial")
    pl.concat(frames).write_parquet(partial, row_group_size=CHUNK)
    partial.rename(path)


def chunk(start: int, size: int) -> pl.DataFrame:
    """Rows from a number on."""
    random = np.random.default_rng((SEED, start))

    def words(options: str, weights: list[float]) -> pl.Series:
        chosen = random.choice(len(weights), size, p=np.array(weights) / sum(weights))
        return pl.Series(options.split()).gather(chosen)

    def booleans(share: float) -> pl.Series:
        return pl.Series(random.random(size) < share)

    def ratio(alpha: float, beta: float, digits: int = 3) -> pl.Series:
        return pl.Series(np.round(random.beta(alpha, beta, size), digits))

    def numbers(low: int, high: int, step: int = 1) -> pl.Series:
        return pl.Series(random.integers(low // step, high // step + 1, size) * step)

    price = numbers(300_000, 3_500_000, 5_000)
    days = random.integers(21 * 365, 66 * 365, size)
    kinds = "aadhaar passport driving_licence voter_id utility_bill other"
    states = "MH KA TN DL GJ UP WB AS JK ML"
    columns: dict[str, pl.Series] = {
        "applicant.name": pl.Series([f"Applicant {start + number}" for number in range(size)]),
        "applicant.date_of_birth": pl.Series(np.datetime64(AS_OF) - days.astype("timedelta64[D]")).cast(pl.Date),
        "applicant.gender": words("M F X", [55, 44, 1]),
        "applicant.nationality": words("IN NP GB LK IR", [970, 15, 10, 4, 1]),
        "applicant.residence_country": words("IN AE GB", [985, 10, 5]),
        "applicant.state": words(states, [20, 15, 12, 10, 10, 20, 8, 2, 2, 1]),
        "applicant.employment": words(
            "salaried self_employed business retired student unemployed", [65, 15, 12, 4, 3, 1]
        ),
        "applicant.monthly_income": numbers(30_000, 250_000, 500),
        "applicant.monthly_obligations": numbers(0, 40_000, 250),
        "applicant.is_nri": booleans(0.01),
        "applicant.has_aadhaar": booleans(0.97),
        "loan.amount": pl.Series(np.round(price.to_numpy() * random.uniform(0.4, 0.95, size), -3)),
        "loan.tenure_months": numbers(12, 84, 6),
        "loan.annual_rate": pl.Series(np.round(random.uniform(8, 18, size), 2)),
        "loan.vehicle_price": price,
        "loan.vehicle_type": words("new used", [70, 30]),
        "bureau.score": numbers(550, 900),
        "bureau.dpd_90_plus_12m": pl.Series(random.poisson(0.05, size)),
        "bureau.enquiries_6m": pl.Series(random.poisson(1.2, size)),
        "bureau.no_hit": booleans(0.05),
        "pan.format_valid": booleans(0.998),
        "pan.holder_type": words("P C H", [985, 10, 5]),
        "pan.status": words("E N X F D EA ED EL", [960, 10, 8, 2, 8, 4, 4, 4]),
        "pan.name_match": booleans(0.97),
        "pan.dob_match": booleans(0.985),
        "pan.seeding": words("Y R NA", [95, 4, 1]),
        "pan_card.is_pan_card": booleans(0.99),
        "pan_card.number_match": booleans(0.98),
        "pan_card.name_similarity": ratio(30, 1),
        "pan_card.dob_match": booleans(0.98),
        "pan_card.quality": ratio(8, 2),
        "pan_card.ocr_confidence": ratio(20, 2),
        "address_document.kind": words(kinds, [55, 10, 15, 12, 7, 1]),
        "address_document.name_similarity": ratio(30, 1),
        "address_document.dob_match": booleans(0.98),
        "address_document.address_similarity": ratio(12, 2),
        "address_document.issue_age_days": numbers(1, 4000),
        "address_document.expiry_date": pl.Series(
            np.datetime64(AS_OF) + random.integers(-60, 3000, size).astype("timedelta64[D]")
        ).cast(pl.Date),
        "address_document.quality": ratio(8, 2),
        "address_document.ocr_confidence": ratio(20, 2),
        "aadhaar.number_masked": booleans(0.93),
        "face.match_score": ratio(14, 4),
        "face.selfie_faces": pl.Series(random.choice(3, size, p=[0.01, 0.97, 0.02])),
        "face.portrait_found": booleans(0.985),
        "face.selfie_quality": ratio(8, 2),
        "screening.sanctions_hit": booleans(0.002),
        "screening.sanctions_score": ratio(2, 8),
        "screening.pep_hit": booleans(0.004),
        "screening.pep_type": words("none foreign domestic associate", [994, 1, 3, 2]),
        "screening.watchlist_hit": booleans(0.002),
        "screening.list_age_hours": numbers(0, 26),
    }
    for number, name in enumerate(columns):
        absent = random.random(size) < (0.001, 0.003, 0.01)[number % 3]
        columns[name] = columns[name].to_frame("value").select(pl.when(~pl.Series(absent)).then("value"))["value"]
    columns["facts.document"] = _documents(random, start, size)
    columns["facts.prior_application"] = _applications(random, start, size)
    return pl.DataFrame(columns)


def _documents(random: np.random.Generator, start: int, size: int) -> pl.Series:
    """Two documents for most, one for some; names, births and pictures that agree but for a few."""
    counts = random.choice([1, 2, 3], size, p=[0.1, 0.85, 0.05])
    owner = np.repeat(np.arange(start, start + size), counts)
    ordinal = np.concatenate([np.arange(1, count + 1) for count in counts])
    other = random.random(len(owner)) < 0.01
    facts = pl.DataFrame({"owner": owner, "ordinal": ordinal.astype(float), "other": other}).with_columns(
        kind=pl.when(pl.col("ordinal") == 1).then(pl.lit("pan_card")).otherwise(pl.lit("address")),
        name_key=pl.format("n{}{}", "owner", pl.when("other").then(pl.lit("x")).otherwise(pl.lit(""))),
        number_key=pl.format("k{}-{}", "owner", "ordinal"),
        date_of_birth=pl.lit(date(1990, 1, 1)) + pl.duration(days=pl.col("owner") % 9000),
        image_digest=pl.format("d{}-{}", "owner", pl.when(pl.col("owner") % 2000 == 0).then(1).otherwise("ordinal")),
    )
    fields = ["ordinal", "kind", "name_key", "number_key", "date_of_birth", "image_digest"]
    return facts.group_by("owner", maintain_order=True).agg(pl.struct(fields).alias("facts"))["facts"]


def _applications(random: np.random.Generator, start: int, size: int) -> pl.Series:
    """No earlier application for most, one or two for some, many for a few."""
    counts = random.choice([0, 1, 2, 3, 4], size, p=[0.85, 0.1, 0.03, 0.015, 0.005])
    owner = np.repeat(np.arange(start, start + size), counts)
    facts = pl.DataFrame({"owner": owner}).with_columns(
        reference=pl.format("r{}-{}", "owner", pl.int_range(pl.len()).over("owner")),
        status=pl.Series(random.choice(["approved", "rejected", "withdrawn"], len(owner), p=[0.6, 0.2, 0.2])),
        days_ago=pl.Series(random.integers(1, 900, len(owner)).astype(float)),
        pan_key=pl.format("p{}", "owner"),
    )
    grouped = facts.group_by("owner").agg(pl.struct("reference", "status", "days_ago", "pan_key").alias("facts"))
    every = pl.DataFrame({"owner": np.arange(start, start + size)}).join(
        grouped, on="owner", how="left", maintain_order="left"
    )
    return every.select(pl.col("facts").fill_null([]))["facts"]


if __name__ == "__main__":
    main()
