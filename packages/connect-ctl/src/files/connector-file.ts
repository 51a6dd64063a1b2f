import { parseProperties } from "@millrace/connect-api";
import { parseAllDocuments } from "yaml";
import type { Config } from "../client/answers.ts";
import { parseJsonOfTexts } from "../client/json.ts";
import { UsageError } from "../exit-codes.ts";

/** A connector as a file describes it. */
export interface WantedConnector {
  readonly name: string;
  /** With its name. */
  readonly config: Config;
  /** Which state it is created in: `RUNNING`, `PAUSED` or `STOPPED`. */
  readonly initialState?: string;
  /** For messages. */
  readonly file: string;
}

const STATES: readonly string[] = ["RUNNING", "PAUSED", "STOPPED"];
/** `tasks` and `type` stand beside them in what `GET /connectors/a` answers. */
const AROUND_CONFIG: readonly string[] = ["name", "config", "initial_state", "tasks", "type"];

/**
 * Reads connectors out of a text. JSON and YAML hold one connector or a list of them, each
 * as for `POST /connectors` or as its configuration alone; `.properties` is a configuration.
 * Values are texts to Kafka Connect: numbers and booleans are taken as they are written.
 *
 * @param file path, for messages; its ending tells the format, `-` is found out by looking
 * @throws {UsageError} naming the file, the key and what is wrong
 */
export function parseConnectors(file: string, content: Buffer): WantedConnector[] {
  try {
    return parsed(file, content).map((connector) => ({ ...wanted(connector), file }));
  } catch (error) {
    throw new UsageError(`${file}: ${(error as Error).message}`, { cause: error });
  }
}

function parsed(file: string, content: Buffer): unknown[] {
  const text = content.toString("utf8").replace(/^\uFEFF/, "");
  // Java reads properties as ISO-8859-1.
  if (file.endsWith(".properties")) return [parseProperties(content.toString("latin1"))];
  const documents = /^\s*[{[]/.test(text) ? [parseJson(text)] : parseYaml(text);
  const connectors = documents.flat(1);
  if (connectors.length === 0) throw new Error("there is no connector in it");
  return connectors;
}

function parseJson(text: string): unknown {
  try {
    return parseJsonOfTexts(text);
  } catch (error) {
    // The message quotes what stands around the place, which may be a password.
    const place = /position \d+(?: \(line \d+ column \d+\))?/.exec((error as Error).message);
    // oxlint-disable-next-line preserve-caught-error
    throw new Error(place === null ? "it is not JSON" : `it is not JSON: see ${place[0]}`);
  }
}

function parseYaml(text: string): unknown[] {
  // With this schema all scalars are texts, as they are written.
  const documents = parseAllDocuments(text, { schema: "failsafe", prettyErrors: false });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw new Error(`it is not YAML: ${error.message}`);
    return document.contents === null ? [] : [document.toJS() as unknown];
  });
}

function wanted(connector: unknown): Omit<WantedConnector, "file"> {
  if (!isMap(connector)) throw new Error("a connector must be a map of keys and values");
  if (!isMap(connector["config"])) return named(undefined, texts(connector));
  const { name, config, initial_state: state } = connector;
  const unknown = Object.keys(connector).find((key) => !AROUND_CONFIG.includes(key));
  if (unknown !== undefined) {
    throw new Error(`unknown key "${unknown}" beside "config": did you mean it inside?`);
  }
  const result = named(textOrNone("name", name), texts(config));
  const initialState = textOrNone("initial_state", state)?.toUpperCase();
  if (initialState === undefined) return result;
  if (!STATES.includes(initialState)) {
    throw new Error(`"initial_state" must be one of: ${STATES.join(", ")}`);
  }
  return { ...result, initialState };
}

function named(given: string | undefined, config: Config): Omit<WantedConnector, "file"> {
  const included = Object.hasOwn(config, "name") ? config["name"] : undefined;
  const name = given ?? included;
  if (!name) throw new Error(`a connector in it has no "name"`);
  if (included !== undefined && included !== name) {
    throw new Error(`"name" is "${name}", but the configuration names it "${included}"`);
  }
  return { name, config: { ...config, name } };
}

function texts(config: Readonly<Record<string, unknown>>): Config {
  for (const [key, value] of Object.entries(config)) {
    if (typeof value === "string") continue;
    const remedy = value === null ? "leave the key out" : "lists are texts with commas";
    throw new Error(`the value of "${key}" must be a text: ${remedy}`);
  }
  return config as Config;
}

function textOrNone(key: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw new Error(`"${key}" must be a text`);
  return value;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
