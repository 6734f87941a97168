"""The yardstick of `benchmarks/api.py`: the barest FastAPI route that inserts one row through the same kind of pool."""

from __future__ import annotations

import json
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import text

from service.db import make_engine
from service.ids import new_id
from service.settings import settings

app = FastAPI()
_engine = make_engine(settings())
_INSERT = text("INSERT INTO bare_row (id, reference, body, created_at) VALUES (:id, :reference, :body, now())")


class Row(BaseModel):
    """What is posted: the same body as a decision's."""

    pack: str
    reference: str
    signals: dict[str, Any]
    as_of: str


@app.post("/rows")
def insert(row: Row) -> dict[str, str]:
    """Insert one row and return its id."""
    row_id = new_id("row")
    with _engine.begin() as connection:
        connection.execute(_INSERT, {"id": row_id, "reference": row.reference, "body": json.dumps(row.signals)})
    return {"id": row_id}
