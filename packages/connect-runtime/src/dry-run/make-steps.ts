import type { Props } from "@millrace/connect-api";
import { createConverters, type TaskConverters } from "../record/converters.ts";
import { createTransformChain, type TransformChain } from "../record/transform-chain.ts";
import { monitor } from "../task/plugin-metrics.ts";
import type { DryRunEnvironment } from "./environment.ts";

/**
 * What a connector's records would go through.
 * @param props the connector's configuration without variables
 * @throws {ConnectError} when a converter or transformation cannot be made
 */
export async function makeSteps(
  props: Props,
  { workerProps, registry, pluginMetrics }: DryRunEnvironment,
): Promise<{ converters: TaskConverters; transforms: TransformChain }> {
  const converters = await createConverters(props, workerProps, registry, (converter, side) =>
    monitor(converter, pluginMetrics({ converter: side })),
  );
  const transforms = await createTransformChain(props, registry, (step, tags) =>
    monitor(step, pluginMetrics(tags)),
  );
  return { converters, transforms };
}
