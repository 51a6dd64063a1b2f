import { asked } from "../play.ts";
import { writeRecords } from "../write-records.ts";
import type { Scene } from "./scene.ts";

/** 35 bytes. */
const lines = Array.from({ length: 5 }, (_, i) => `line-${i}\n`).join("");

/** All of the REST API, on one distributed worker. */
export const REST: Scene = {
  name: "rest",
  properties: () => ({ "offset.flush.interval.ms": 1_000 }),
  files: () => ({ "in1.txt": lines, "in2.txt": lines }),
  interludes: {
    "create-ct-text": (stage) => asked(stage, "DELETE", "/connectors/ist-lower"),
    "connectors-list": async ({ connectors }) => {
      await connectors.topicSeen("src1");
      await connectors.topicSeen("snk1");
    },
    "restart-src1": (stage) => asked(stage, "PUT", "/connectors/src1/resume"),
    "status-failing-task": ({ connectors }) => connectors.taskFailed("failtask"),
    "connectors-expand-status-with-failed": ({ connectors }) => connectors.taskFailed("failtask"),
    "create-badjson-sink": ({ bootstrapServers }) =>
      writeRecords(bootstrapServers, "g-badjson", ["not json 0", "not json 1", "not json 2"]),
    "status-badjson-converter-failure": ({ connectors }) => connectors.taskFailed("badjson"),
    "status-smt-failure": ({ connectors }) => connectors.taskFailed("smtfail"),
    "offsets-source": async ({ connectors }) => {
      await connectors.offsetReached("src1", 35);
      await connectors.offsetReached("snk1", 5);
    },
    "offsets-patch-paused": (stage) => asked(stage, "PUT", "/connectors/src1/pause"),
    "offsets-source-stopped": (stage) => asked(stage, "PUT", "/connectors/src1/stop"),
    "offsets-sink-patch-good": (stage) => asked(stage, "PUT", "/connectors/snk1/stop"),
    "internal-tasks-post": async (stage) => {
      await asked(stage, "PUT", "/connectors/src1/resume");
      await asked(stage, "PUT", "/connectors/snk1/resume");
    },
    "loggers-one-after": ({ connectors }) =>
      connectors.answers<{ level: string }>(
        "/admin/loggers/org.apache.kafka.connect.json",
        ({ level }) => level === "INFO",
      ),
    "admin-root": (stage) =>
      asked(stage, "PUT", "/admin/loggers/org.apache.kafka.connect.runtime", { level: "INFO" }),
  },
};
