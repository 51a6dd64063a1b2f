import type { Props } from "@millrace/connect-api";
import type { FastifyRequest } from "fastify";
import { looksSecret } from "../config/secret-keys.ts";
import { hasVariable } from "../config/variables.ts";
import type { ConnectorInfo, Herder, TaskInfo } from "../herder/herder.ts";
import { hidesSecrets } from "./extensions/extend-app.ts";

type Source = Pick<Herder, "connectorInfo" | "pluginConfig" | "tasks">;

const HIDDEN = "[hidden]";

/** What is shown of a connector whose plugin cannot say which of its keys are secrets. */
const HARMLESS: ReadonlySet<string> = new Set(["connector.class", "name", "tasks.max", "topics"]);

/** A connector as who asks may see it. @throws {NotFoundError} */
export async function shownConnector(
  request: FastifyRequest,
  herder: Source,
  name: string,
): Promise<ConnectorInfo> {
  const info = await herder.connectorInfo(name);
  if (!hidesSecrets(request, name)) return info;
  return { ...info, config: withoutSecrets(info.config, await secretsOf(herder, info.config)) };
}

/** A connector's tasks as who asks may see them. @throws {NotFoundError} */
export async function shownTasks(
  request: FastifyRequest,
  herder: Source,
  name: string,
): Promise<TaskInfo[]> {
  const tasks = await herder.tasks(name);
  if (!hidesSecrets(request, name)) return tasks;
  const isSecret = await secretsOf(herder, (await herder.connectorInfo(name)).config);
  return tasks.map(({ id, config }) => ({ id, config: withoutSecrets(config, isSecret) }));
}

/** A variable is shown: it tells where a secret is, and not what. */
function withoutSecrets(config: Props, isSecret: (key: string) => boolean): Props {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key,
      isSecret(key) && !isVariable(value) ? HIDDEN : value,
    ]),
  );
}

function isVariable(value: string): boolean {
  return hasVariable(value) && /^\$\{[^}]*\}$/.test(value);
}

/** Which keys of a connector are secrets, by its plugin's table and by their names. */
async function secretsOf(herder: Source, config: Props): Promise<(key: string) => boolean> {
  try {
    const definitions = await herder.pluginConfig(
      config["connector.class"] ?? "",
      config["connector.plugin.version"],
    );
    const passwords = new Set(
      definitions.filter(({ type }) => type === "PASSWORD").map(({ name }) => name),
    );
    return (key) => passwords.has(key) || looksSecret(key);
  } catch {
    // The plugin is not installed, or hangs: rather too little is shown.
    return (key) => !HARMLESS.has(key);
  }
}
