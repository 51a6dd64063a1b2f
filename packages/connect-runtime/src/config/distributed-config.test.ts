import { expect, test } from "vitest";
import { parseDistributedConfig } from "./distributed-config.ts";

const PROPS = {
  "bootstrap.servers": "127.0.0.1:9092",
  "group.id": "g",
  "config.storage.topic": "c",
  "offset.storage.topic": "o",
  "status.storage.topic": "s",
  "key.converter": "org.apache.kafka.connect.json.JsonConverter",
  "value.converter": "org.apache.kafka.connect.json.JsonConverter",
};

test("the properties of a Java worker are taken as they are", () => {
  const config = parseDistributedConfig({ ...PROPS, "offset.storage.segment.bytes": "1000000" });
  expect(config).toMatchObject({
    "connect.protocol": "sessioned",
    "session.timeout.ms": 10_000,
    "inter.worker.verification.algorithms": ["HmacSHA256"],
    "rest.wait.for.rebalance.ms": 3000,
  });
});

test.each<[string, Record<string, string>, RegExp]>([
  ["no group", { "group.id": "" }, /group\.id/],
  ["the same topic twice", { "status.storage.topic": "c" }, /config\.storage\.topic is the same/],
  [
    "no partitions",
    { "offset.storage.partitions": "0" },
    /offset\.storage\.partitions.*at least 1/,
  ],
  ["a protocol nobody speaks", { "connect.protocol": "eagre" }, /connect\.protocol/],
  [
    "heartbeats too rare",
    { "heartbeat.interval.ms": "10000" },
    /heartbeat\.interval\.ms.*less than session\.timeout\.ms \(10000\)/,
  ],
  [
    "signatures that nobody accepts",
    { "inter.worker.signature.algorithm": "HmacSHA512" },
    /inter\.worker\.verification\.algorithms.*HmacSHA512/,
  ],
  [
    "an algorithm that does not exist",
    { "inter.worker.key.generation.algorithm": "HmacSHA257" },
    /inter\.worker\.key\.generation\.algorithm.*No such algorithm/,
  ],
  [
    "a word that says nothing about exactly-once sources",
    { "exactly.once.source.support": "on" },
    /exactly\.once\.source\.support/,
  ],
])("%s is refused, by its key", (_, props, message) => {
  expect(() => parseDistributedConfig({ ...PROPS, ...props })).toThrow(message);
});
