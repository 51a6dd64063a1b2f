import type { Logger } from "@millrace/connect-api";

const JMX_REPORTER = "org.apache.kafka.common.metrics.JmxReporter";

/** Java's reporters are Java's classes. What JMX is asked for, Prometheus gets. */
export function warnOfReporters(reporters: readonly string[], logger: Logger): void {
  for (const name of reporters) {
    if (name === JMX_REPORTER) continue;
    logger.warn(
      `metric.reporters names ${name}, which is Java code and cannot run here: scrape /metrics, or have metrics pushed by OpenTelemetry (OTEL_METRICS_EXPORTER=otlp)`,
    );
  }
}
