"""What all tables are made of: the types of their columns, the names of their constraints."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    DateTime,
    MetaData,
    Numeric,
    TableValuedAlias,
    Text,
    Uuid,
    bindparam,
    column,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeEngine

NAMES = {
    "ix": "idx_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        Decimal: Numeric(18, 9),
        list[Any]: JSONB,
        str: Text,
        UUID: Uuid,
    }


def rows_of(parameter: str, **columns: TypeEngine[Any]) -> TableValuedAlias:
    """Return as a table what a statement is given as one parameter, a list of objects: however
    many rows it has, it is one statement to prepare."""
    given = func.json_to_recordset(bindparam(parameter, type_=JSON))
    table = given.table_valued(*(column(name, kind) for name, kind in columns.items()))
    return table.render_derived(name=parameter, with_types=True)
