import { setTimeout as delay } from "node:timers/promises";
import { ConnectError, type Logger } from "@millrace/connect-api";
import type { MetricData, ResourceMetrics } from "@opentelemetry/sdk-metrics";
import type { Family, Labels } from "./group.ts";
import type { OtlpSettings } from "./otlp-settings.ts";

const SCOPE = { name: "@millrace/connect-runtime" };

/** How long the last push may take. */
const LAST_PUSH_MS = 3_000;

/** The packages that pushing takes; they are loaded when it is asked for. */
export interface OtlpPackages {
  readonly api: typeof import("@opentelemetry/api");
  readonly exporter: typeof import("@opentelemetry/exporter-metrics-otlp-http");
  readonly resources: typeof import("@opentelemetry/resources");
  readonly sdk: typeof import("@opentelemetry/sdk-metrics");
}

export interface OtlpOptions {
  readonly settings: OtlpSettings;
  readonly families: () => readonly Family[];
  /** Whom the metrics are about, unless the environment says otherwise. */
  readonly resource: Labels;
  /** Since when counters count, in milliseconds since 1970. */
  readonly startedMs: number;
  readonly logger: Logger;
  readonly load?: () => Promise<OtlpPackages>;
}

/**
 * Pushes metrics to OpenTelemetry's collector, or whoever speaks OTLP over HTTP. Where to, by which
 * headers and certificates, is said by `OTEL_EXPORTER_OTLP_*`, which the exporter reads itself.
 * Disposing of it pushes once more.
 * @throws {ConnectError} naming the packages to install
 */
export async function startOtlpPush(options: OtlpOptions): Promise<AsyncDisposable> {
  return new OtlpPush(await loaded(options.load ?? loadPackages), options);
}

class OtlpPush implements AsyncDisposable {
  readonly #options: OtlpOptions;
  readonly #api: OtlpPackages["api"];
  readonly #sdk: OtlpPackages["sdk"];
  readonly #exporter: InstanceType<OtlpPackages["exporter"]["OTLPMetricExporter"]>;
  readonly #resource: ResourceMetrics["resource"];
  readonly #timer: NodeJS.Timeout;
  /** One at a time: a receiver that is slow does not make them pile up. */
  #underWay: Promise<void> | undefined;
  #failing = false;

  constructor({ api, exporter, resources, sdk }: OtlpPackages, options: OtlpOptions) {
    this.#options = options;
    this.#api = api;
    this.#sdk = sdk;
    this.#exporter = new exporter.OTLPMetricExporter();
    const detectors = [resources.resourceAttributesEnvDetector, resources.serviceNameEnvDetector];
    this.#resource = resources
      .resourceFromAttributes(options.resource)
      .merge(resources.detectResources({ detectors }));
    this.#timer = setInterval(() => void this.#push(), options.settings.intervalMs).unref();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    // A receiver that does not answer must not keep the worker from its end.
    await Promise.race([this.#finish(), delay(LAST_PUSH_MS, undefined, { ref: false })]);
  }

  async #finish(): Promise<void> {
    await this.#underWay;
    await this.#push();
    await this.#exporter.shutdown();
  }

  #push(): Promise<void> {
    this.#underWay ??= this.#export().finally(() => (this.#underWay = undefined));
    return this.#underWay;
  }

  /** Never rejects: what is not pushed now is in the next push. */
  async #export(): Promise<void> {
    const { logger } = this.#options;
    const error = await new Promise<Error | undefined>((resolve) =>
      this.#exporter.export(this.#data(), (result) =>
        // 0 is success in OpenTelemetry's ExportResult.
        resolve(
          (result.code as number) === 0
            ? undefined
            : (result.error ?? new Error("no reason is given")),
        ),
      ),
    );
    if (error !== undefined && !this.#failing) {
      logger.warn(
        "Metrics could not be pushed, and are again at each interval; this is not told again until it works (OTEL_EXPORTER_OTLP_ENDPOINT)",
        { error },
      );
    } else if (error === undefined && this.#failing) logger.info("Metrics are pushed again");
    this.#failing = error !== undefined;
  }

  #data(): ResourceMetrics {
    const startTime = timeOf(this.#options.startedMs);
    const endTime = timeOf(Date.now());
    const metrics = this.#options
      .families()
      .map((family) => this.#metric(family, startTime, endTime));
    return { resource: this.#resource, scopeMetrics: [{ scope: SCOPE, metrics }] };
  }

  #metric({ name, kind, doc, series }: Family, startTime: Time, endTime: Time): MetricData {
    const { AggregationTemporality, DataPointType } = this.#sdk;
    const common = {
      descriptor: { name, description: doc, unit: "", valueType: this.#api.ValueType.DOUBLE },
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
      dataPoints: series.map(({ labels, value }) => ({
        startTime,
        endTime,
        attributes: labels,
        value,
      })),
    };
    return kind === "counter"
      ? { ...common, dataPointType: DataPointType.SUM, isMonotonic: true }
      : { ...common, dataPointType: DataPointType.GAUGE };
  }
}

type Time = [seconds: number, nanoseconds: number];

function timeOf(ms: number): Time {
  return [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)];
}

async function loadPackages(): Promise<OtlpPackages> {
  const [api, exporter, resources, sdk] = await Promise.all([
    import("@opentelemetry/api"),
    import("@opentelemetry/exporter-metrics-otlp-http"),
    import("@opentelemetry/resources"),
    import("@opentelemetry/sdk-metrics"),
  ]);
  return { api, exporter, resources, sdk };
}

async function loaded(load: () => Promise<OtlpPackages>): Promise<OtlpPackages> {
  try {
    return await load();
  } catch (error) {
    throw new ConnectError(
      "OTEL_METRICS_EXPORTER=otlp takes packages that cannot be loaded: npm install @opentelemetry/api @opentelemetry/exporter-metrics-otlp-http @opentelemetry/resources @opentelemetry/sdk-metrics, beside @millrace/connect-runtime",
      { cause: error },
    );
  }
}
