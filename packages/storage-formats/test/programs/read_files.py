"""Reads files with readers of other makers and prints their rows as JSON, one reader a line.

Arguments: the files.
"""
import datetime
import decimal
import json
import sys

import duckdb
import fastavro
import pyarrow.parquet


def plain(value):
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return str(value) if abs(value) > 2**53 else value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else str(value)
    if isinstance(value, (bytes, bytearray)):
        return "0x" + bytes(value).hex()
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, datetime.datetime):
        utc = value if value.tzinfo is None else value.astimezone(datetime.timezone.utc)
        return utc.replace(tzinfo=None).isoformat(timespec="milliseconds")
    if isinstance(value, datetime.time):
        return value.isoformat(timespec="milliseconds")
    if isinstance(value, datetime.date):
        return value.isoformat()
    raise TypeError(type(value))


for name in sys.argv[1:]:
    if name.endswith(".parquet"):
        rows = pyarrow.parquet.read_table(name).to_pylist(maps_as_pydicts="strict")
        print(json.dumps({"reader": "pyarrow", "rows": plain(rows)}))
        duck = duckdb.connect()
        duck.execute("SET TimeZone='UTC'")
        table = duck.execute("SELECT * FROM read_parquet(?)", [name])
        names = [column[0] for column in table.description]
        rows = [dict(zip(names, row)) for row in table.fetchall()]
        print(json.dumps({"reader": "duckdb", "rows": plain(rows)}))
    elif name.endswith(".avro"):
        with open(name, "rb") as file:
            print(json.dumps({"reader": "fastavro", "rows": plain(list(fastavro.reader(file)))}))
