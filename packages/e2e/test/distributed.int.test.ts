import { randomUUID } from "node:crypto";
import {
  type ConnectorConfig,
  makeRunFolder,
  type RunFolder,
  sharedKafka,
} from "@millrace/services";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ClusterWorker } from "../src/cluster/cluster-worker.ts";
import { ConnectCluster } from "../src/cluster/connect-cluster.ts";
import { journalSource } from "../src/soak/soak.ts";
import { Workload } from "../src/soak/workload.ts";

const TASKS = 4;
const BALANCED = { balanced: true, timeoutMs: 60_000 };

let folder: RunFolder;
let workload: Workload;
let cluster: ConnectCluster;

beforeAll(async () => {
  const bootstrapServers = await sharedKafka();
  folder = makeRunFolder("distributed");
  workload = await Workload.prepare({
    bootstrapServers,
    folder: folder.path,
    prefix: `${randomUUID()}-`,
    tasks: TASKS,
    lines: false,
    recordsPerSecond: 100,
  });
  const plugins = [await journalSource("millrace", folder.path)];
  cluster = await ConnectCluster.start({ kind: "millrace", workers: 3, bootstrapServers, plugins });
});
afterAll(async () => {
  await workload?.stopFeeding();
  await cluster?.close();
  await folder?.remove();
});

/** Each worker's share of three connectors with four tasks each. */
async function shares(): Promise<{ connectors: number[]; tasks: number[] }> {
  const { connectors, tasks } = await cluster.balance();
  const sorted = (counts: ReadonlyMap<string, number>) =>
    [...counts.values()].sort((a, b) => a - b);
  return { connectors: sorted(connectors), tasks: sorted(tasks) };
}

/** Through this worker and no other; it may refuse (409) while a rebalance is under way. */
async function putConfig(worker: ClusterWorker, name: string, config: ConnectorConfig) {
  const path = `/connectors/${name}/config`;
  const put = async () => (await worker.client.request("PUT", path, config)).status;
  await expect.poll(put, { timeout: 30_000 }).toBeOneOf([200, 201]);
}

it("three workers share connectors, and take over from one that goes", async () => {
  const [one, two, three] = [cluster.workers[0]!, cluster.workers[1]!, cluster.workers[2]!];

  // Whichever leads: the others hand on what they are asked.
  for (const [i, { name, config }] of workload.connectors.entries()) {
    await putConfig(cluster.workers[i]!, name, config);
  }
  await cluster.waitSettled(workload.expected, BALANCED);
  expect(await shares()).toEqual({ connectors: [1, 1, 1], tasks: [4, 4, 4] });
  workload.startFeeding();

  await three.kill();
  await cluster.waitSettled(workload.expected, BALANCED);
  expect(await shares()).toEqual({ connectors: [1, 2], tasks: [6, 6] });

  await three.start();
  await cluster.waitSettled(workload.expected, BALANCED);
  expect(await shares()).toEqual({ connectors: [1, 1, 1], tasks: [4, 4, 4] });

  // The first one led so far.
  await one.stop();
  await cluster.waitSettled(workload.expected, BALANCED);
  for (const worker of [two, three]) {
    for (const { name, config } of workload.connectors) await putConfig(worker, name, config);
  }
  await one.start();
  await cluster.waitSettled(workload.expected, BALANCED);

  await workload.stopFeeding();
  const { losses, overlaps, topics } = await workload.judge(30_000);
  expect(losses).toEqual([]);
  expect(overlaps).toEqual([]);
  // The kill repeats what was sent after the last commit; a worker that is stopped commits.
  for (const { rewinds } of topics) expect(rewinds).toBeLessThanOrEqual(1);
});
