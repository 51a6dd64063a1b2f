import type { Case } from "../recording.ts";

const SOURCE = {
  "connector.class": "FileStreamSource",
  "tasks.max": "1",
  file: "/golden/work/in1.txt",
  topic: "more-1",
};
const NAME = "/connectors/more";

const request = (name: string, method: string, path: string, body?: unknown): Case => ({
  name: `life: ${name}`,
  method,
  path,
  ...(body !== undefined && { body }),
});

const PATCHES: Readonly<Record<string, unknown>> = {
  "empty key": { "": "x" },
  "number and boolean": { "batch.size": 7, other: false },
  "null for what is not there": { nothing: null },
  "null for the name": { name: null },
  "null for the class": { "connector.class": null },
  nested: { a: { b: null } },
  "same name": { name: "more" },
  text: `{"a":"1","a":"2"}`,
};

const OFFSETS: Readonly<Record<string, unknown>> = {
  "as a list": [],
  "as an object": { offsets: {} },
  "as a text": { offsets: "x" },
  "with a text in it": { offsets: ["x"] },
  "with null in it": { offsets: [null] },
  "with a list in it": { offsets: [[]] },
  "with another field": { offsets: [{ partition: {}, offset: {}, x: 1 }] },
  "without anything in an entry": { offsets: [{}] },
  "with an empty partition": { offsets: [{ partition: {}, offset: { position: 1 } }] },
  "with an empty offset": {
    offsets: [{ partition: { filename: "/golden/work/in1.txt" }, offset: {} }],
  },
  "with a partition that is a text": { offsets: [{ partition: "x", offset: { position: 1 } }] },
  "with a partition that is a list": { offsets: [{ partition: [], offset: { position: 1 } }] },
  "with an offset that is a number": {
    offsets: [{ partition: { filename: "/golden/work/in1.txt" }, offset: 5 }],
  },
  "with a number for a file": {
    offsets: [{ partition: { filename: 5 }, offset: { position: 1 } }],
  },
  "with a fraction": {
    offsets: [{ partition: { filename: "/golden/work/in1.txt" }, offset: { position: 1.5 } }],
  },
  "with a text for a number": {
    offsets: [{ partition: { filename: "/golden/work/in1.txt" }, offset: { position: "3" } }],
  },
  "with a large number": `{"offsets":[{"partition":{"filename":"/golden/work/in1.txt"},"offset":{"position":9223372036854775807}}]}`,
  "with a number that is too large": `{"offsets":[{"partition":{"filename":"/golden/work/in1.txt"},"offset":{"position":9223372036854775808}}]}`,
  "with null for a position": {
    offsets: [{ partition: { filename: "/golden/work/in1.txt" }, offset: { position: null } }],
  },
  "with more than a position": {
    offsets: [{ partition: { filename: "/golden/work/in1.txt" }, offset: { position: 1, x: [] } }],
  },
  "with two files": {
    offsets: [
      { partition: { filename: "/golden/work/in1.txt" }, offset: { position: 1 } },
      { partition: { filename: "/another" }, offset: { position: 2 } },
    ],
  },
  "with null for all": { offsets: [{ partition: { filename: "/another" }, offset: null }] },
};

const SINK_OFFSETS: Readonly<Record<string, unknown>> = {
  "partition as a text": entry(
    { kafka_topic: "more-1", kafka_partition: "0" },
    { kafka_offset: "1" },
  ),
  "partition as a fraction": entry(
    { kafka_topic: "more-1", kafka_partition: 0.5 },
    { kafka_offset: 1 },
  ),
  "offset as a fraction": entry(
    { kafka_topic: "more-1", kafka_partition: 0 },
    { kafka_offset: 1.5 },
  ),
  "partition below zero": entry(
    { kafka_topic: "more-1", kafka_partition: -1 },
    { kafka_offset: 1 },
  ),
  "topic as a number": entry({ kafka_topic: 5, kafka_partition: 0 }, { kafka_offset: 1 }),
  "topic null": entry({ kafka_topic: null, kafka_partition: 0 }, { kafka_offset: 1 }),
  "partition null": entry({ kafka_topic: "more-1", kafka_partition: null }, { kafka_offset: 1 }),
  "offset null inside": entry(
    { kafka_topic: "more-1", kafka_partition: 0 },
    { kafka_offset: null },
  ),
  "partition too large": entry(
    { kafka_topic: "more-1", kafka_partition: 4294967296 },
    { kafka_offset: 1 },
  ),
  "keys of another kind": entry({ topic: "more-1", partition: 0 }, { offset: 1 }),
  "one key more in the partition": entry(
    { kafka_topic: "more-1", kafka_partition: 0, x: 1 },
    { kafka_offset: 1 },
  ),
  "one key more in the offset": entry(
    { kafka_topic: "more-1", kafka_partition: 0 },
    { kafka_offset: 1, x: 1 },
  ),
  "no partition": { offsets: [{ offset: { kafka_offset: 1 } }] },
  "null for a partition that has none": entry({ kafka_topic: "more-1", kafka_partition: 0 }, null),
  "null for a topic that is not there": entry(
    { kafka_topic: "no-such-more", kafka_partition: 0 },
    null,
  ),
  "empty topic": entry({ kafka_topic: "", kafka_partition: 0 }, { kafka_offset: 1 }),
  boolean: entry({ kafka_topic: "more-1", kafka_partition: true }, { kafka_offset: 1 }),
};

function entry(partition: unknown, offset: unknown): unknown {
  return { offsets: [{ partition, offset }] };
}

/** The life of connectors, away from the ways that are recorded. */
export const CONNECTORS: readonly Case[] = [
  request("create stopped", "POST", "/connectors", {
    name: "more",
    config: SOURCE,
    initial_state: "stopped",
  }),
  request("create again", "POST", "/connectors", { name: " more ", config: {} }),
  request("create again, wrong", "POST", "/connectors", { name: "more", config: { a: null } }),
  request("stopped status", "GET", `${NAME}/status`),
  request("stopped topics", "GET", `${NAME}/topics`),
  request("stopped offsets", "GET", `${NAME}/offsets`),
  request("stopped tasks", "GET", `${NAME}/tasks`),
  request("task of a stopped one", "GET", `${NAME}/tasks/0/status`),
  request("pause a stopped one", "PUT", `${NAME}/pause`),
  request("paused status", "GET", `${NAME}/status`),
  request("stop it", "PUT", `${NAME}/stop`),
  ...Object.entries(PATCHES).map(([what, body]) =>
    request(`patch: ${what}`, "PATCH", `${NAME}/config`, body),
  ),
  request("after the patches", "GET", `${NAME}/config`),
  ...Object.entries(OFFSETS).map(([what, body]) =>
    request(`offsets: ${what}`, "PATCH", `${NAME}/offsets`, body),
  ),
  request("offsets after", "GET", `${NAME}/offsets`),
  request("reset", "DELETE", `${NAME}/offsets`),
  request("reset with a body", "DELETE", `${NAME}/offsets`, { offsets: [] }),
  request("offsets after the reset", "GET", `${NAME}/offsets`),
  request("change while stopped", "PUT", `${NAME}/config`, { ...SOURCE, "batch.size": "9" }),
  request("state after", "GET", `${NAME}/status`),
  request("resume", "PUT", `${NAME}/resume`),
  request("restart with one flag", "POST", `${NAME}/restart?includeTasks=`),
  request("restart with odd flags", "POST", `${NAME}/restart?includeTasks=TRUE&onlyFailed=1`),
  request("restart with a body", "POST", `${NAME}/restart`, { a: 1 }),
  request("restart with a wrong body", "POST", `${NAME}/restart`, "{"),
  request("restart a task with a number too large", "POST", `${NAME}/tasks/99999999999/restart`),
  request("restart a task below zero", "POST", `${NAME}/tasks/-1/restart`),
  request("forward false", "PUT", `${NAME}/config?forward=false`, SOURCE),
  request("forward true", "POST", `${NAME}/restart?forward=true`),
  request("wrong change", "PUT", `${NAME}/config`, { ...SOURCE, topic: "" }),
  request("change of kind", "PUT", `${NAME}/config`, {
    "connector.class": "FileStreamSink",
    topics: "more-1",
    file: "/golden/work/more.out",
  }),
  request("a sink now", "GET", NAME),
  request("expanded", "GET", "/connectors?expand=info&expand=status"),
  request("sink stops", "PUT", `${NAME}/stop`),
  ...Object.entries(SINK_OFFSETS).map(([what, body]) =>
    request(`sink offsets: ${what}`, "PATCH", `${NAME}/offsets`, body),
  ),
  request("sink reset", "DELETE", `${NAME}/offsets`),
  request("sink reset again", "DELETE", `${NAME}/offsets`),
  request("delete with a body", "DELETE", NAME, {}),
  request("gone", "GET", `${NAME}/status`),
  request("its topics", "GET", `${NAME}/topics`),
  request("reset its topics", "PUT", `${NAME}/topics/reset`),
  request("create paused", "POST", "/connectors", {
    name: "more paused",
    config: { ...SOURCE, topic: "more-2" },
    initial_state: "Paused",
  }),
  request("paused tasks", "GET", "/connectors/more%20paused/tasks"),
  request("stop a paused one", "PUT", "/connectors/more%20paused/stop"),
  request("delete a stopped one", "DELETE", "/connectors/more%20paused"),
  request("list", "GET", "/connectors"),
];
