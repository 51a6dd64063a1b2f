import { ConfigError } from "@millrace/connect-api";

const EXPORTER = "OTEL_METRICS_EXPORTER";
const INTERVAL = "OTEL_METRIC_EXPORT_INTERVAL";
const DEFAULT_INTERVAL_MS = 60_000;

/** What the environment says of pushing metrics, besides what the exporter reads there itself. */
export interface OtlpSettings {
  readonly intervalMs: number;
}

/**
 * Whether metrics are to be pushed, by OpenTelemetry's standard variables. Unlike there, nothing
 * is pushed unless `OTEL_METRICS_EXPORTER` asks for it.
 * @returns undefined where they are not
 * @throws {ConfigError} naming a variable that cannot be honoured
 */
export function otlpSettings(env: NodeJS.ProcessEnv): OtlpSettings | undefined {
  const exporters = (env[EXPORTER] ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "" && name !== "none");
  if (exporters.length === 0 || env["OTEL_SDK_DISABLED"]?.trim().toLowerCase() === "true") {
    return undefined;
  }
  const other = exporters.find((name) => name !== "otlp");
  if (other !== undefined) {
    throw new ConfigError(
      EXPORTER,
      other,
      "metrics can be pushed by otlp only, or scraped at /metrics",
    );
  }
  requireHttp(env);
  const intervalMs = Number(env[INTERVAL] ?? DEFAULT_INTERVAL_MS);
  if (!(intervalMs >= 1)) {
    throw new ConfigError(INTERVAL, env[INTERVAL], "it must be a number of milliseconds above 0");
  }
  return { intervalMs };
}

function requireHttp(env: NodeJS.ProcessEnv): void {
  for (const key of ["OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"]) {
    const protocol = env[key]?.trim();
    if (protocol === undefined || protocol === "") continue;
    if (protocol.startsWith("http/")) return;
    throw new ConfigError(
      key,
      protocol,
      "metrics are pushed by http/json: unset it, and give OTEL_EXPORTER_OTLP_ENDPOINT the receiver's address for HTTP (port 4318)",
    );
  }
}
