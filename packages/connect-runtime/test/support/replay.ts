import { readFileSync } from "node:fs";
import { request } from "node:http";
import type { PluginRegistry } from "../../src/plugins/registry.ts";

/** One recorded request, with its answer unless that was not kept. */
export interface RecordedCase {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly body?: unknown;
  readonly response?: Answer;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed where it is JSON. */
  readonly body: unknown;
}

export function recordedCases(file: string): RecordedCase[] {
  const text = readFileSync(new URL(`../golden/${file}`, import.meta.url), "utf8");
  return (JSON.parse(text) as { cases: RecordedCase[] }).cases;
}

/** Sends a request exactly as written: no path is tidied up, no header added. */
export function send(
  url: string,
  method: string,
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string | null>>,
): Promise<Answer> {
  const text =
    body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
  const sent = Object.entries({
    ...(text !== undefined && { "Content-Type": "application/json" }),
    ...headers,
  }).filter((entry): entry is [string, string] => entry[1] !== null);
  if (text !== undefined) sent.push(["Content-Length", String(Buffer.byteLength(text))]);
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { hostname, port, method, path, headers: Object.fromEntries(sent), agent: false },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.on("error", reject);
        incoming.on("end", () =>
          resolve({
            status: incoming.statusCode ?? 0,
            headers: Object.fromEntries(
              ["content-type", "location", "allow"].flatMap((name) => {
                const value = incoming.headers[name];
                return value === undefined ? [] : [[name, String(value)]];
              }),
            ),
            body: parsed(Buffer.concat(chunks).toString()),
          }),
        );
      },
    );
    outgoing.on("error", reject);
    outgoing.end(text);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

const MASKED = new Set(["documentation", "version", "commit", "kafka_cluster_id", "last_modified"]);

/** Messages of Java's own making, on requests that are not JSON or not of the right shape. */
const JAVA_INTERNAL =
  /^(Cannot invoke|Cannot deserialize|Cannot construct|Unrecognized token|Unrecognized field|Unexpected (end|char)|Invalid UTF-8)/;

/**
 * An answer without what differs from run to run (addresses, versions, texts) and, by
 * rule, between the workers: plugins that are not installed here, messages in Java's own
 * terms, pages of Java's web server, and, of the distributed worker, that it answers
 * before it has made tasks.
 */
export function comparable(answer: Answer, registry: PluginRegistry): unknown {
  const { status, headers } = answer;
  const type = headers["content-type"]?.split(";")[0];
  const page = type === "text/html";
  const body = page ? "(page)" : normalised(answer.body, registry);
  return {
    status,
    type,
    location: headers["location"] && text(headers["location"]),
    body: status === 201 ? { ...(body as object), tasks: "(any)" } : body,
  };
}

function normalised(value: unknown, registry: PluginRegistry, key?: string): unknown {
  if (key !== undefined && MASKED.has(key)) return "*";
  // Several copies of one class are installed in some of the recorded workers.
  if (key === "recommended_values") {
    return [...new Set(value as string[])].filter((v) => isInstalled(v, registry));
  }
  if (typeof value === "string") return text(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((v) => normalised(v, registry));
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, normalised(inner, registry, name)]),
  );
}

function isInstalled(name: string, registry: PluginRegistry): boolean {
  return !/^[a-z]+\.\S+\.[A-Z]/.test(name) || registry.locations.some((l) => l.class === name);
}

function text(value: string): string {
  if (JAVA_INTERNAL.test(value)) return "(wrong body)";
  return value
    .replaceAll(/127\.0\.0\.1:\d+/g, "HOST:PORT")
    .replace(/(available connectors are: ).*/s, "$1*")
    .replace(
      /^(The request body|The value of|"initial_state"|"config"|Unrecognized field).*/s,
      "(wrong body)",
    );
}

/** Where two comparable answers differ, one line per place. */
export function differences(theirs: unknown, ours: unknown, path = ""): string[] {
  if (Array.isArray(theirs) && Array.isArray(ours)) {
    const longer = theirs.length > ours.length ? theirs : ours;
    return longer.flatMap((_, i) => differences(theirs[i], ours[i], `${path}[${i}]`));
  }
  if (isPlain(theirs) && isPlain(ours)) {
    const keys = new Set([...Object.keys(theirs), ...Object.keys(ours)]);
    return [...keys].flatMap((key) => differences(theirs[key], ours[key], `${path}.${key}`));
  }
  if (theirs === ours) return [];
  return [`${path}: recorded ${JSON.stringify(theirs)}, got ${JSON.stringify(ours)}`];
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
