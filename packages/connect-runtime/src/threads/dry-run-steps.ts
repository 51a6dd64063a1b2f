import type { Logger, Props } from "@millrace/connect-api";
import type { DryRunEnvironment } from "../dry-run/environment.ts";
import { planTasks } from "../dry-run/plan-tasks.ts";
import type { DryRunSteps, Sample, SampleOptions, TriedConnector } from "../dry-run/steps.ts";
import { testConnection } from "../dry-run/test-connection.ts";
import { DEFAULT_WINDOWS } from "../metrics/sample-windows.ts";
import type { PluginRegistry } from "../plugins/registry.ts";
import { OffsetReader } from "../source/offset-reader.ts";
import type { LogContext } from "../task/logger.ts";
import { PluginMetricsBook } from "../task/plugin-metrics.ts";
import type { Calls } from "./calls.ts";
import type { MainMethods } from "./protocol.ts";

/** What an answer by way of a plugin's code has at hand. */
export interface Question {
  /** Replaces variables; what they stand for is kept out of the answer. */
  readonly resolve: (...raw: readonly Props[]) => Promise<readonly Props[]>;
  readonly logger: (logContext: LogContext, name: string) => Logger;
}

export interface DryRunStepsOptions {
  readonly ask: <T>(what: string, answer: (question: Question) => Promise<T>) => Promise<T>;
  readonly workerProps: Props;
  readonly registry: PluginRegistry;
  readonly main: Calls<MainMethods>;
}

/** The steps of a dry run that run a connector's code, besides its validation. */
export function dryRunSteps(options: DryRunStepsOptions): Omit<DryRunSteps, "validate"> {
  const { ask, workerProps, registry, main } = options;
  const tryOut = <T>(
    what: string,
    { name, props }: TriedConnector,
    step: (resolved: Props, env: DryRunEnvironment, question: Question) => Promise<T>,
  ): Promise<T> =>
    ask(`${what} of connector ${name} in a dry run`, async (question) => {
      const [resolved] = await question.resolve(props);
      const logger = (of: string) =>
        question.logger({ context: `${name}|dry-run`, connector: name }, of);
      const metrics = new PluginMetricsBook(DEFAULT_WINDOWS, (metric, error) =>
        logger("DryRun").warn(`Metric ${metric} could not be measured`, { error }),
      );
      const env: DryRunEnvironment = {
        workerProps,
        registry,
        logger,
        offsets: new OffsetReader(name, main),
        pluginMetrics: (tags = {}) => metrics.of({ connector: name, ...tags }),
      };
      return step(resolved!, env, question);
    });
  return {
    planTasks: (connector) =>
      tryOut("The task plan", connector, (resolved, env) => planTasks(connector, resolved, env)),
    testConnection: (connector, limitMs) =>
      tryOut("The connection test", connector, (resolved, env) =>
        testConnection(connector, resolved, limitMs, env),
      ),
    sampleRecords: (connector, sampling) =>
      tryOut("The first records", connector, (resolved, env, { resolve }) =>
        sampleRecords(connector, resolved, sampling, env, resolve),
      ),
  };
}

/** The Kafka client is loaded with the first sample: it is large, and other steps need none. */
async function sampleRecords(
  connector: TriedConnector,
  resolved: Props,
  sampling: SampleOptions,
  env: DryRunEnvironment,
  resolve: Question["resolve"],
): Promise<Sample> {
  if (connector.type === "sink") {
    const { sampleSink } = await import("../dry-run/sample-sink.ts");
    return sampleSink(connector.name, resolved, sampling, env);
  }
  const [first] = (await planTasks(connector, resolved, env)).configs;
  if (first === undefined) return { records: [], notes: ["The connector makes no tasks"] };
  const [taskProps] = await resolve(first);
  const { sampleSource } = await import("../dry-run/sample-source.ts");
  return sampleSource(resolved, taskProps!, sampling, env);
}
