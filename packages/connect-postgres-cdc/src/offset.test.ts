import { expect, test } from "vitest";
import { NO_OFFSET, readOffset, writeOffset, writeSnapshotOffset } from "./offset.ts";

test("as Debezium stores it in a transaction and after one, as recorded", () => {
  const inside = {
    transaction_id: "945",
    lsn_proc: 35_424_000,
    messageType: "BEGIN",
    lsn_commit: 35_424_000,
    lsn: 35_424_200,
    txId: 945,
    ts_usec: 1_795_167_110_627_164,
  };
  const after = {
    lsn_proc: 35_432_352,
    messageType: "COMMIT",
    lsn_commit: 35_432_352,
    lsn: 35_432_352,
    txId: 963,
    ts_usec: 1_795_167_112_012_152,
  };
  for (const stored of [inside, after]) expect(writeOffset(readOffset(stored))).toEqual(stored);
  expect(readOffset(inside).transaction).toEqual(new Map());
  const counted = { ...inside, "transaction_data_collection_order_public.t": 3 };
  expect(readOffset(counted).transaction).toEqual(new Map([["public.t", 3]]));
});

test("a snapshot is unfinished until its last row", () => {
  const moment = { lsn: 1, txId: 2, timeMicros: 3 };
  expect(readOffset(writeSnapshotOffset(moment, false)).isInSnapshot).toBe(true);
  expect(readOffset(writeSnapshotOffset(moment, true)).isInSnapshot).toBe(false);
  expect(readOffset({ lsn: 1, snapshot: true }).isInSnapshot).toBe(true);
  expect(readOffset({ lsn: 1, snapshot: true, last_snapshot_record: true }).isInSnapshot).toBe(
    false,
  );
  expect(readOffset({})).toEqual(NO_OFFSET);
});

test.each([{ lsn: "abc" }, { lsn: -1 }, { lsn_commit: {} }, { txId: 1.5 }])(
  "%j is refused",
  (stored) => {
    expect(() => readOffset(stored)).toThrow(/which is no position in PostgreSQL's log/);
  },
);
