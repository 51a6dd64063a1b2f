import { sinkRecord } from "@millrace/connect-testkit";
import { describe, expect, test } from "vitest";
import { silent } from "../../silent-logger.ts";
import { topicConfig } from "../config.ts";
import { RecordDocument } from "../record-document.ts";
import { cdcHandler } from "./handlers.ts";

const PACKAGE = "com.mongodb.kafka.connect.sink.cdc.";

function handle(name: string, key: unknown, value: unknown, props: Record<string, string> = {}) {
  const config = topicConfig("t", {
    database: "d",
    "change.data.capture.handler": PACKAGE + name,
    ...props,
  });
  const text = (data: unknown) => (data === null ? null : JSON.stringify(data));
  return cdcHandler(config)!(
    new RecordDocument(sinkRecord({ key: text(key), value: text(value) })),
    silent,
  );
}

describe("change streams", () => {
  const stream = (event: unknown) => handle("mongodb.ChangeStreamHandler", null, event);
  const documentKey = { _id: 1 };
  const fullDocument = { _id: 1, a: 1 };

  test("inserts and replaces are replaces, deletes deletes", () => {
    const replace = {
      replaceOne: { filter: documentKey, replacement: fullDocument, upsert: true },
    };
    expect(stream({ operationType: "insert", documentKey, fullDocument })).toEqual(replace);
    expect(stream({ operationType: "replace", documentKey, fullDocument })).toEqual(replace);
    expect(stream({ operationType: "delete", documentKey })).toEqual({
      deleteOne: { filter: documentKey },
    });
  });

  test("updates are what their description says, or the document where there is one", () => {
    const updateDescription = {
      updatedFields: { a: 2, "o.x": 1 },
      removedFields: ["b"],
      truncatedArrays: [{ field: "l", newSize: 1 }],
    };
    expect(stream({ operationType: "update", documentKey, updateDescription })).toEqual({
      updateOne: {
        filter: documentKey,
        update: {
          $set: { a: 2, "o.x": 1 },
          $unset: { b: "" },
          $push: { l: { $each: [], $slice: 1 } },
        },
      },
    });
    expect(
      stream({ operationType: "update", documentKey, updateDescription, fullDocument }),
    ).toEqual({
      replaceOne: { filter: documentKey, replacement: fullDocument },
    });
    expect(
      stream({ operationType: "update", documentKey, updateDescription, fullDocument: null }),
    ).toHaveProperty("updateOne");
  });

  test("what cannot be followed without loss is refused; other events do nothing", () => {
    expect(() =>
      stream({
        operationType: "update",
        documentKey,
        updateDescription: { updatedFields: {}, new: 1 },
      }),
    ).toThrow(/Unexpected fields.*new/);
    expect(() => stream({ operationType: "insert", documentKey })).toThrow(/Missing fullDocument/);
    expect(() => stream({})).toThrow(/operationType/);
    expect(stream({ operationType: "drop" })).toBeUndefined();
    expect(stream(null)).toBeUndefined();
  });
});

describe("Debezium's MongoDB events", () => {
  const key = { id: '{"$oid": "6b0028d7746fb1e3d83c6d98"}' };
  const id = expect.objectContaining({ _bsontype: "ObjectId" }) as unknown;
  const after = '{"_id": {"$oid": "6b0028d7746fb1e3d83c6d98"}, "a": {"$numberLong": "5"}}';

  test.each(["ChangeStreamHandler", "MongoDbHandler"])(
    "%s: inserts, reads, deletes, tombstones",
    (name) => {
      const of = (value: unknown) => handle(`debezium.mongodb.${name}`, key, value);
      for (const op of ["c", "r"]) {
        expect(of({ op, after })).toMatchObject({
          replaceOne: { filter: { _id: id }, upsert: true },
        });
      }
      expect(of({ op: "d" })).toEqual({ deleteOne: { filter: { _id: id } } });
      expect(of(null)).toBeUndefined();
      expect(() => of({ op: "x" })).toThrow(/Unknown operation type x/);
      expect(() => of({ op: "c", after: "nope" })).toThrow(/no document/);
    },
  );

  test("updates of version 2 have the document, those of version 1 a patch", () => {
    const newer = handle("debezium.mongodb.ChangeStreamHandler", key, { op: "u", after });
    expect(newer).toMatchObject({ replaceOne: { filter: { _id: id }, upsert: true } });
    const older = (patch: string) =>
      handle("debezium.mongodb.MongoDbHandler", key, { op: "u", patch });
    expect(older('{"$v": 1, "$set": {"a": 1}}')).toEqual({
      updateOne: { filter: { _id: id }, update: { $set: { a: 1 } } },
    });
    expect(older('{"_id": 1, "a": 1}')).toEqual({
      replaceOne: { filter: { _id: 1 }, replacement: { _id: 1, a: 1 }, upsert: true },
    });
  });
});

describe("Debezium's events of tables", () => {
  const of = (key: unknown, value: unknown) =>
    handle("debezium.rdbms.postgres.PostgresHandler", key, value);
  const row = { id: 1, name: "x" };

  test("the key becomes the id, its columns leave the document", () => {
    const replace = {
      replaceOne: {
        filter: { _id: { id: 1 } },
        replacement: { _id: { id: 1 }, name: "x" },
        upsert: true,
      },
    };
    for (const op of ["c", "r", "u"]) expect(of({ id: 1 }, { op, after: row })).toEqual(replace);
    expect(of({ id: 1 }, { op: "d", before: row })).toEqual({
      deleteOne: { filter: { _id: { id: 1 } } },
    });
    expect(of({ id: 1 }, null)).toBeUndefined();
    expect(of(null, { ddl: "CREATE TABLE" })).toBeUndefined();
  });

  test("without a key: an id of its own, then the row as it was", () => {
    expect(of(null, { op: "c", after: row })).toMatchObject({ replaceOne: { replacement: row } });
    expect(of(null, { op: "u", before: row, after: { ...row, name: "y" } })).toMatchObject({
      replaceOne: { filter: row },
    });
    expect(() => of(null, { op: "d", before: null })).toThrow(/'before' field is empty/);
    expect(() => of({ id: 1 }, { op: "u", after: null })).toThrow(/non-empty 'after'/);
  });

  test("nulls are left out where they are to be", () => {
    const props = { "change.data.capture.handler.remove.null.values": "true" };
    const model = handle(
      "debezium.rdbms.RdbmsHandler",
      { id: 1 },
      { op: "c", after: { id: 1, a: null, b: 1 } },
      props,
    );
    expect(model).toMatchObject({ replaceOne: { replacement: { _id: { id: 1 }, b: 1 } } });
  });
});

describe("Qlik's events of tables", () => {
  const of = (key: unknown, value: unknown) => handle("qlik.rdbms.RdbmsHandler", key, value);

  test.each([
    [
      "nested",
      (operation: string, parts: object) => ({ message: { headers: { operation }, ...parts } }),
    ],
    ["flat", (operation: string, parts: object) => ({ headers: { operation }, ...parts })],
  ])("%s", (_shape, event) => {
    const data = { id: 1, a: 2 };
    const beforeData = { id: 1, a: 1 };
    for (const operation of ["INSERT", "REFRESH", "READ"]) {
      expect(of({ id: 1 }, event(operation, { data }))).toEqual({
        replaceOne: {
          filter: { _id: { id: 1 } },
          replacement: { _id: { id: 1 }, ...data },
          upsert: true,
        },
      });
    }
    expect(of({ id: 1 }, event("UPDATE", { data, beforeData }))).toEqual({
      updateOne: { filter: { _id: { id: 1 } }, update: { $set: { a: 2 } }, upsert: true },
    });
    expect(of({ id: 1 }, event("UPDATE", { data, beforeData: data }))).toBeUndefined();
    expect(of(null, event("DELETE", { data: null, beforeData }))).toMatchObject({
      deleteOne: { filter: expect.anything() },
    });
    expect(() => of({ id: 1 }, event("TRUNCATE", {}))).toThrow(/Unable to determine/);
  });
});
