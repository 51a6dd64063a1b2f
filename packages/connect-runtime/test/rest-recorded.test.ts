import type { Props } from "@millrace/connect-api";
import { expect, test, vi } from "vitest";
import { comparable, differences, recordedCases, send } from "./support/replay.ts";
import { startWorker, type WorkerUnderTest } from "./support/worker-under-test.ts";

// Real sockets and threads, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 });

/** What the recording scripts did between cases without recording it. */
const BETWEEN: Readonly<Record<string, readonly [method: string, path: string]>> = {
  "070-create-initial-state-lower": ["DELETE", "/connectors/ist-lower"],
  "236-pause-with-body": ["PUT", "/connectors/src1/resume"],
};

async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}

async function workerThatTracksTopics(props: Props): Promise<WorkerUnderTest> {
  const worker = await startWorker(props);
  worker.threads.behaviour = {
    onStart: (spec) => {
      if ("taskProps" in spec) {
        const topic = spec.taskProps["topic"] ?? spec.taskProps["topics"];
        if (topic !== undefined) worker.herder.recordActiveTopic(spec.connector, topic);
      }
      return undefined;
    },
  };
  return worker;
}

/**
 * Cases in which this worker answers otherwise on purpose.
 */
const DIFFERENT: Readonly<Record<string, string>> = {
  "213-task-restart-while-stopped-src1":
    "the recorded worker thinks of a rebalance: here the task is unknown",
  "228-task-restart-while-stopped-snk1": "the same",
};

test.each<[file: string, count: number, workerProps: Props]>([
  ["rest-distributed.json", 240, {}],
  ["rest-standalone.json", 24, {}],
  ["rest-policy-none.json", 1, { "connector.client.config.override.policy": "None" }],
])("%s is answered as recorded", async (file, count, workerProps) => {
  const worker = await workerThatTracksTopics(workerProps);
  const different: string[] = [];
  let compared = 0;
  for (const recorded of recordedCases(file)) {
    const { name, method, path, body, headers, response } = recorded;
    const answer = await send(worker.url, method, path, body, headers);
    await settled();
    if (response !== undefined && DIFFERENT[name] === undefined) {
      compared++;
      const [theirs, ours] = [response, answer].map((a) => comparable(a, worker.registry));
      const found = differences(theirs, ours);
      if (found.length > 0) different.push([name, ...found].join("\n  "));
    }
    if (answer.status === 201 && (answer.body as { name: string }).name === "x") {
      await send(worker.url, "DELETE", "/connectors/x");
    }
    const between = BETWEEN[name];
    if (between !== undefined) await send(worker.url, ...between);
    await settled();
  }
  expect(different.join("\n")).toBe("");
  expect(compared).toBeGreaterThanOrEqual(count);
});
