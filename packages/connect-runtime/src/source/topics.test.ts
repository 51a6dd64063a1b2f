import type { KafkaClient } from "@millrace/kafka-client";
import { expect, it } from "vitest";
import { quietLogger, toleranceFor } from "../../test/support/failed-records.ts";
import { TEXT_CONVERTERS } from "../../test/support/text-converters.ts";
import { TransformChain } from "../record/transform-chain.ts";
import { RecordAppender } from "./record-appender.ts";
import { Topics } from "./topics.ts";
import { SourceRecord } from "@millrace/connect-api";

it("a record for the topic that holds the task's own offsets fails the task, also where errors are tolerated", async () => {
  const topics = new Topics({
    // Nobody is asked.
    client: {} as KafkaClient,
    logger: quietLogger,
    signal: new AbortController().signal,
    onActive: () => expect.unreachable(),
    create: undefined,
    offsetsTopic: "offsets",
  });
  const appender = new RecordAppender({
    transforms: new TransformChain([]),
    converters: TEXT_CONVERTERS,
    topics,
    producer: { partition: () => 0 },
    tolerance: toleranceFor({ "errors.tolerance": "all" }),
  });
  const record = new SourceRecord({
    topic: "offsets",
    sourcePartition: {},
    sourceOffset: {},
    value: "v",
  });
  const group = { size: 0, append: () => expect.unreachable(), send: () => expect.unreachable() };
  await expect(appender.append(group, record)).rejects.toThrow(
    /into offsets, which holds its own offsets.*another topic/,
  );
});
