import { expect, test } from "vitest";
import { BrokerChoice, parseAddress } from "./broker-choice.ts";
import { MetadataCache } from "./metadata.ts";

const broker = (nodeId: number) => ({ nodeId, host: `b${nodeId}`, port: 9092 });

function choice(known: number[]) {
  const cache = new MetadataCache();
  cache.update({
    brokers: known.map(broker),
    clusterId: "c",
    controllerId: -1,
    topics: [],
  });
  const connected = new Set<string>();
  const failing = new Set<string>();
  const pool = {
    current: (host: string) => (connected.has(host) ? ({} as never) : undefined),
    failing: (host: string) => failing.has(host),
  };
  return { choice: new BrokerChoice(["boot1:1", "boot2:1"], cache, pool), connected, failing };
}

const many = (brokers: BrokerChoice) =>
  new Set(Array.from({ length: 50 }, () => brokers.next("x").host));

test("bootstrap servers take turns until the cluster is known, then its brokers", () => {
  expect(many(choice([]).choice)).toEqual(new Set(["boot1", "boot2"]));
  expect(many(choice([1, 2, 3]).choice)).toEqual(new Set(["b1", "b2", "b3"]));
});

test("an open connection is used before another is made", () => {
  const { choice: brokers, connected } = choice([1, 2, 3]);
  connected.add("b2");
  expect(many(brokers)).toEqual(new Set(["b2"]));
});

test("a client whose brokers are all gone asks the bootstrap servers again", () => {
  const { choice: brokers, failing } = choice([1, 2]);
  failing.add("b1");
  expect(many(brokers)).toEqual(new Set(["b2"]));
  failing.add("b2");
  expect(many(brokers)).toEqual(new Set(["boot1", "boot2"]));
  failing.add("boot1").add("boot2");
  expect(many(brokers)).toEqual(new Set(["b1", "b2", "boot1", "boot2"]));
});

test.each([
  ["localhost:9092", "localhost", 9092],
  ["[::1]:9092", "::1", 9092],
  [" kafka-1.example.org:19092 ", "kafka-1.example.org", 19_092],
  ["PLAINTEXT://b:1", "b", 1],
])("%s is an address", (text, host, port) => {
  expect(parseAddress(text)).toEqual({ host, port });
});

test.each(["localhost", "localhost:", ":9092", "::1:9092", "h:0", "h:65536", "h:port", ""])(
  "%j is none",
  (text) => {
    expect(() => parseAddress(text)).toThrow(/Invalid url in bootstrap.servers/);
  },
);
