import { randomUUID } from "node:crypto";
import { STRING_SCHEMA } from "@millrace/connect-api";
import type { SinkDriver, SourceDriver } from "../src/conformance.ts";
import { openShelf, PASSWORD } from "./fixture/src/index.ts";

export const shelfSource: SourceDriver = {
  kind: "source",
  class: "fixture.ShelfSource",
  open: async () => {
    const shelf = randomUUID();
    return {
      props: { shelf, password: PASSWORD },
      write: async (count) => {
        for (let i = 0; i < count; i += 1) openShelf(shelf, PASSWORD).push(randomUUID());
      },
    };
  },
};

export const shelfSink: SinkDriver = {
  kind: "sink",
  class: "fixture.ShelfSink",
  idempotent: true,
  open: async () => {
    const shelf = randomUUID();
    return {
      props: { shelf, password: PASSWORD, topics: "shelf" },
      record: (i) => ({ valueSchema: STRING_SCHEMA, value: `item ${i}` }),
      identify: (record) => String(record.value),
      read: async () => openShelf(shelf, PASSWORD),
    };
  },
};
