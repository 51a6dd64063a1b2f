import type { Connector } from "@millrace/connect-api";
import { loadPlugin } from "../plugins/load.ts";
import type { DryRunEnvironment } from "./environment.ts";
import type { ConnectionAnswer, TriedConnector } from "./steps.ts";

/**
 * Asks the plugin whether it reaches the other system, on an instance that is not started.
 * @param resolved its configuration without variables
 * @throws what the plugin throws: why it does not
 */
export async function testConnection(
  { type, props }: TriedConnector,
  resolved: TriedConnector["props"],
  limitMs: number,
  { registry }: DryRunEnvironment,
): Promise<ConnectionAnswer> {
  const className = props["connector.class"] ?? "";
  const location = registry.find(type, className, props["connector.plugin.version"]);
  const ConnectorClass = (await loadPlugin(location)) as new () => Connector;
  const connector = new ConnectorClass();
  if (typeof connector.testConnection !== "function") {
    return { offered: false, message: `${location.class} has no test of its connection` };
  }
  const message = await connector.testConnection(resolved, AbortSignal.timeout(limitMs));
  return { offered: true, message };
}
