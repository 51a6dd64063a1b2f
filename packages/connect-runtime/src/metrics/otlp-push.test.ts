import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { until } from "../../test/support/until.ts";
import { Logging } from "../logging.ts";
import type { LogEntry } from "../task/logger.ts";
import type { Family } from "./group.ts";
import { type OtlpOptions, startOtlpPush } from "./otlp-push.ts";
import { otlpSettings } from "./otlp-settings.ts";

interface Received {
  readonly path: string | undefined;
  readonly token: string | string[] | undefined;
  readonly body: {
    readonly resourceMetrics: readonly {
      readonly resource: { readonly attributes: readonly unknown[] };
      readonly scopeMetrics: readonly { readonly metrics: readonly unknown[] }[];
    }[];
  };
}

/** A receiver of OTLP/HTTP, as far as metrics in JSON go. */
async function receiver() {
  const received: Received[] = [];
  const answers = { status: 200 };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(parts).toString()) as Received["body"];
      received.push({ path: request.url, token: request.headers["x-token"], body });
      response.writeHead(answers.status, { "content-type": "application/json" }).end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { received, answers, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const FAMILIES: readonly Family[] = [
  {
    name: "kafka_connect_source_task_metrics_source_record_poll_total",
    kind: "counter",
    doc: "Records.",
    series: [{ labels: { connector: "c", task: "0" }, value: 12 }],
  },
  {
    name: "millrace_thread_load",
    kind: "gauge",
    doc: "Load.",
    series: [{ labels: {}, value: 0.5 }],
  },
];

function push(changes: Partial<OtlpOptions> = {}) {
  const log: LogEntry[] = [];
  const started = startOtlpPush({
    settings: { intervalMs: 20 },
    families: () => FAMILIES,
    resource: { "service.name": "kafka-connect", "connect.group.id": "g" },
    startedMs: 1_500,
    logger: new Logging((entry) => log.push(entry)).logger("metrics"),
    ...changes,
  });
  return { log, started };
}

describe("metrics are pushed by OTLP", () => {
  beforeEach(() => {
    vi.stubEnv("OTEL_EXPORTER_OTLP_HEADERS", "x-token=s3cr3t");
    vi.stubEnv("OTEL_RESOURCE_ATTRIBUTES", "connect.group.id=of-the-environment,site=north");
  });
  afterEach(() => void vi.unstubAllEnvs());

  test("with what the environment says", async () => {
    const { received, url } = await receiver();
    vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", url);
    const pushing = await push().started;
    await until("something is pushed", () => received.length > 1);
    const { path, token, body } = received[0]!;
    expect([path, token]).toEqual(["/v1/metrics", "s3cr3t"]);
    const { resource, scopeMetrics } = body.resourceMetrics[0]!;
    expect(resource.attributes).toEqual(
      expect.arrayContaining([
        { key: "service.name", value: { stringValue: "kafka-connect" } },
        { key: "connect.group.id", value: { stringValue: "of-the-environment" } },
        { key: "site", value: { stringValue: "north" } },
      ]),
    );
    expect(scopeMetrics[0]!.metrics).toEqual([
      expect.objectContaining({
        name: "kafka_connect_source_task_metrics_source_record_poll_total",
        description: "Records.",
        sum: {
          aggregationTemporality: 2,
          isMonotonic: true,
          dataPoints: [
            expect.objectContaining({
              asDouble: 12,
              startTimeUnixNano: "1500000000",
              attributes: [
                { key: "connector", value: { stringValue: "c" } },
                { key: "task", value: { stringValue: "0" } },
              ],
            }),
          ],
        },
      }),
      expect.objectContaining({
        name: "millrace_thread_load",
        gauge: { dataPoints: [expect.objectContaining({ asDouble: 0.5 })] },
      }),
    ]);
    await pushing[Symbol.asyncDispose]();
    const count = received.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(received).toHaveLength(count);
  });

  test("once more at the end", async () => {
    const { received, url } = await receiver();
    vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", url);
    const pushing = await push({ settings: { intervalMs: 600_000 } }).started;
    expect(received).toHaveLength(0);
    await pushing[Symbol.asyncDispose]();
    expect(received).toHaveLength(1);
  });

  test("and a receiver that refuses them is told of once, without secrets", async () => {
    const { received, answers, url } = await receiver();
    vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", url);
    answers.status = 400;
    const { log, started } = push();
    await using _ = await started;
    await until("some are refused", () => received.length > 2);
    expect(log).toMatchObject([
      { level: "warn", message: expect.stringContaining("OTEL_EXPORTER_OTLP_ENDPOINT") },
    ]);
    expect(JSON.stringify(log)).not.toContain("s3cr3t");
    answers.status = 200;
    await until("it is told that they are taken", () => log.length > 1);
    expect(log[1]).toMatchObject({ level: "info", message: "Metrics are pushed again" });
  });
});

test("packages that are not installed are named", async () => {
  const missing = "@opentelemetry/not-installed";
  await expect(push({ load: () => import(missing) }).started).rejects.toThrow(
    /npm install .*@opentelemetry\/exporter-metrics-otlp-http/,
  );
});

describe("the environment", () => {
  test.each([
    [{}, undefined],
    [{ OTEL_METRICS_EXPORTER: "none" }, undefined],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://there" }, undefined],
    [{ OTEL_METRICS_EXPORTER: "otlp", OTEL_SDK_DISABLED: "true" }, undefined],
    [{ OTEL_METRICS_EXPORTER: "otlp" }, { intervalMs: 60_000 }],
    [{ OTEL_METRICS_EXPORTER: "OTLP", OTEL_METRIC_EXPORT_INTERVAL: "500" }, { intervalMs: 500 }],
    [
      { OTEL_METRICS_EXPORTER: "otlp", OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf" },
      { intervalMs: 60_000 },
    ],
  ])("%j asks for %j", (env, settings) => expect(otlpSettings(env)).toEqual(settings));

  test.each([
    [{ OTEL_METRICS_EXPORTER: "prometheus" }, /OTEL_METRICS_EXPORTER.*otlp only/],
    [
      { OTEL_METRICS_EXPORTER: "otlp", OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: "grpc" },
      /OTEL_EXPORTER_OTLP_METRICS_PROTOCOL.*port 4318/,
    ],
    [
      { OTEL_METRICS_EXPORTER: "otlp", OTEL_METRIC_EXPORT_INTERVAL: "soon" },
      /OTEL_METRIC_EXPORT_INTERVAL.*milliseconds/,
    ],
  ])("%j is refused", (env, message) => expect(() => otlpSettings(env)).toThrow(message));
});
