import { readFile } from "node:fs/promises";
import { ConnectError, parseProperties } from "@millrace/connect-api";
import type { RawProps } from "../config/raw-props.ts";
import { configMap, isObject, type JsonObject, parseJson, textOrNull } from "../rest/json-body.ts";
import type { TargetState } from "../threads/units.ts";

/** A connector as a file on the command line describes it. */
export interface ConnectorFile {
  readonly name: string;
  readonly config: RawProps;
  readonly initial: TargetState;
}

const TARGET_OF: Readonly<Record<string, TargetState>> = {
  RUNNING: "STARTED",
  PAUSED: "PAUSED",
  STOPPED: "STOPPED",
};

/**
 * Reads a connector file: JSON as for `POST /connectors`, JSON of the configuration
 * alone, or a `.properties` file.
 * @throws {ConnectError} naming the file and what is wrong with it
 */
export async function readConnectorFile(path: string): Promise<ConnectorFile> {
  try {
    const bytes = await readFile(path);
    const isJson = bytes.toString("utf8").trimStart().startsWith("{");
    // Java reads properties as ISO-8859-1, JSON as UTF-8.
    return isJson
      ? fromJson(parseJson(bytes) as JsonObject)
      : flat(parseProperties(bytes.toString("latin1")));
  } catch (error) {
    throw new ConnectError(`Connector file ${path}: ${(error as Error).message}`, { cause: error });
  }
}

function fromJson(json: JsonObject): ConnectorFile {
  const { name, config, initial_state: initialState, ...others } = json;
  if (!isObject(config) || Object.keys(others).length > 0) return flat(configMap(json));
  const map = configMap(config);
  const given = textOrNull(name ?? map["name"] ?? null, `"name"`) ?? "";
  const state = textOrNull(initialState ?? null, `"initial_state"`)?.toUpperCase() ?? "RUNNING";
  if (!Object.hasOwn(TARGET_OF, state)) {
    throw new ConnectError(`"initial_state" must be one of: ${Object.keys(TARGET_OF).join(", ")}`);
  }
  const included = map["name"];
  if (typeof included === "string" && included !== given) {
    throw new ConnectError(`"name" is "${given}", but the configuration names it "${included}"`);
  }
  return { name: given, config: { ...map, name: given }, initial: TARGET_OF[state]! };
}

function flat(config: RawProps): ConnectorFile {
  const name = Object.hasOwn(config, "name") ? config["name"] : undefined;
  if (!name) throw new ConnectError(`it has no "name"`);
  return { name, config, initial: "STARTED" };
}
