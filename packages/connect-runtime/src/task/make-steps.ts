import type { PluginMetrics, Props } from "@millrace/connect-api";
import type { Labels } from "../metrics/group.ts";
import type { PluginRegistry } from "../plugins/registry.ts";
import { createConverters, type TaskConverters } from "../record/converters.ts";
import { createTransformChain, type TransformChain } from "../record/transform-chain.ts";
import { monitor } from "./plugin-metrics.ts";

/** Where plugins come from, and where their metrics go. */
export interface StepsEnvironment {
  readonly workerProps: Props;
  readonly registry: PluginRegistry;
  readonly pluginMetrics: (tags?: Labels) => PluginMetrics;
}

/** What a record goes through between connector and Kafka. */
export interface Steps {
  readonly converters: TaskConverters;
  readonly transforms: TransformChain;
}

/**
 * Makes the converters and transformations of a connector.
 * @param props the connector's configuration without variables
 * @throws {ConnectError} when one cannot be made
 */
export async function makeSteps(
  props: Props,
  { workerProps, registry, pluginMetrics }: StepsEnvironment,
): Promise<Steps> {
  const converters = await createConverters(props, workerProps, registry, (converter, side) =>
    monitor(converter, pluginMetrics({ converter: side })),
  );
  const transforms = await createTransformChain(props, registry, (step, tags) =>
    monitor(step, pluginMetrics(tags)),
  );
  return { converters, transforms };
}
