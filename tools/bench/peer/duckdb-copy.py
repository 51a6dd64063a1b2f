"""How many rows a second DuckDB writes as Parquet (snappy), from a table in memory.

Arguments: a Parquet file with the rows, a folder for what it writes, repetitions. Prints JSON:
the rates with one thread, and with as many as there are cores.
"""

import json
import os
import sys
import time

import duckdb

source, folder, repetitions = sys.argv[1], sys.argv[2], int(sys.argv[3])
target = os.path.join(folder, "duckdb.parquet")


def rates(threads):
    with duckdb.connect() as connection:
        connection.execute(f"SET threads={threads}")
        connection.execute("CREATE TABLE rows AS SELECT * FROM read_parquet(?)", [source])
        (count,) = connection.execute("SELECT count(*) FROM rows").fetchone()
        found = []
        for _ in range(repetitions):
            start = time.perf_counter()
            connection.execute(f"COPY rows TO '{target}' (FORMAT parquet, CODEC snappy)")
            found.append(count / (time.perf_counter() - start))
    return found


print(json.dumps({"one": rates(1), "all": rates(os.cpu_count())}))
