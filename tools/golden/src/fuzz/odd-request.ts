import type { Random } from "./random.ts";

export interface OddRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "BOGUS"];
const ENDPOINTS: readonly [method: string, path: string][] = [
  ["GET", "/"],
  ["GET", "/health"],
  ["GET", "/metrics"],
  ["GET", "/connectors"],
  ["POST", "/connectors"],
  ["GET", "/connectors/{c}"],
  ["DELETE", "/connectors/{c}"],
  ["GET", "/connectors/{c}/config"],
  ["PUT", "/connectors/{c}/config"],
  ["PATCH", "/connectors/{c}/config"],
  ["GET", "/connectors/{c}/status"],
  ["GET", "/connectors/{c}/tasks"],
  ["POST", "/connectors/{c}/tasks"],
  ["GET", "/connectors/{c}/tasks/{n}/status"],
  ["POST", "/connectors/{c}/tasks/{n}/restart"],
  ["GET", "/connectors/{c}/offsets"],
  ["PATCH", "/connectors/{c}/offsets"],
  ["DELETE", "/connectors/{c}/offsets"],
  ["GET", "/connectors/{c}/topics"],
  ["PUT", "/connectors/{c}/topics/reset"],
  ["PUT", "/connectors/{c}/pause"],
  ["PUT", "/connectors/{c}/resume"],
  ["PUT", "/connectors/{c}/stop"],
  ["POST", "/connectors/{c}/restart"],
  ["PUT", "/connectors/{c}/fence"],
  ["GET", "/connector-plugins"],
  ["GET", "/connector-plugins/{p}/config"],
  ["PUT", "/connector-plugins/{p}/config/validate"],
  ["GET", "/admin/loggers"],
  ["GET", "/admin/loggers/{l}"],
  ["PUT", "/admin/loggers/{l}"],
  ["GET", "/millrace/connectors/{c}/health"],
  ["GET", "/nowhere/{c}"],
];
const QUERIES = [
  "expand=status",
  "expand=info",
  "expand=%zz",
  "includeTasks=true",
  "onlyFailed=1",
  "forward=false",
  "forward=true",
  "connectorsOnly=false",
  "version=%5B1,2)",
  "version=",
  "scope=cluster",
  "scope=x",
  "&&=&",
  "a;b",
  "__proto__=1",
];
const USUAL_SEGMENTS = ["c0", "c1", "c2", "FileStreamSource", "0"];
const SEGMENTS = [
  "c0",
  "c1",
  "nobody",
  "FileStreamSource",
  "JsonConverter",
  "HoistField$Key",
  "root",
  "0",
  "-1",
  "99999999999999999999",
  ".",
  "..",
  "%2e%2e",
  "%2F",
  "%252f",
  "%00",
  "%zz",
  "%ff",
  "%F0%9F%98%80",
  "a;b=c",
  "a b",
  "__proto__",
  "constructor",
  "{}",
  "",
  "n".repeat(3_000),
];
const TYPES = [
  "application/json",
  "application/json;charset=utf-8",
  "text/plain",
  "application",
  "*/*",
  "",
  "a".repeat(2_000),
];
const ACCEPTED = ["*/*", "application/json", "text/plain", ",", "application/json;q=0", "x/y/z"];
const KEYS = [
  "name",
  "config",
  "initial_state",
  "offsets",
  "partition",
  "offset",
  "level",
  "connector.class",
  "topic",
  "topics",
  "file",
  "tasks.max",
  "transforms",
  "transforms.a.type",
  "predicates",
  "key.converter",
  "producer.override.acks",
  "connector.plugin.version",
  "__proto__",
  "constructor",
  "",
];
const TEXTS = [
  "FileStreamSource",
  "FileStreamSink",
  "org.apache.kafka.connect.transforms.HoistField$Value",
  "org.apache.kafka.connect.json.JsonConverter",
  "fuzz-topic",
  "a,a",
  "[",
  "${env:HOME}",
  "${x",
  "PAUSED",
  "STOPPED",
  "DEBUG",
  "-1",
  "\u0000",
  "\ud800",
  "é✓😀",
  " ",
  "",
];

/** A request as no client sends it on purpose; some are as they should be. */
export function oddRequest(random: Random): OddRequest {
  const [usual, pattern] = random.of(ENDPOINTS);
  const method = random.chance(70) ? usual : random.of(METHODS);
  const headers: Record<string, string> = {};
  const body = random.chance(50) ? oddBody(random) : undefined;
  if (body !== undefined || random.chance(10)) {
    headers["Content-Type"] = random.chance(70) ? "application/json" : random.of(TYPES);
  }
  if (random.chance(20)) headers["Accept"] = random.of(ACCEPTED);
  if (random.chance(5)) headers["X-Connect-Authorization"] = random.of(["AAAA", "!", ""]);
  if (random.chance(5))
    headers["X-Connect-Request-Signature-Algorithm"] = random.of(TEXTS.slice(0, 3));
  if (random.chance(3)) headers["Expect"] = random.of(["100-continue", "bogus"]);
  if (random.chance(3)) headers["X-Long"] = "h".repeat(random.integer(20_000));
  return { method, path: oddPath(random, pattern), headers, body };
}

function oddPath(random: Random, pattern: string): string {
  let path = pattern.replaceAll(/\{\w\}/g, () =>
    random.of(random.chance(60) ? USUAL_SEGMENTS : SEGMENTS),
  );
  if (random.chance(10)) path += random.of(["/", "//", "/x", ";x", "#f"]);
  if (random.chance(30)) path += `?${random.of(QUERIES)}&${random.of(QUERIES)}`;
  // Node's client refuses what no request line may hold.
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return path.replaceAll(/[\u0000-\u0020\u007f-\uffff]/g, "+");
}

function oddBody(random: Random): Buffer {
  const text = JSON.stringify(random.chance(40) ? usualBody(random) : oddValue(random, 4));
  switch (random.integer(8)) {
    case 0:
      return Buffer.from(text.slice(0, random.integer(text.length + 1)));
    case 1: {
      const bytes = Buffer.from(text);
      if (bytes.length > 0) bytes[random.integer(bytes.length)] = random.integer(256);
      return bytes;
    }
    case 2:
      return Buffer.from("[".repeat(random.integer(3_000)) + text);
    case 3:
      return Buffer.from(`{"name":"x","config":{"k":"${"v".repeat(random.integer(100_000))}"}}`);
    default:
      return Buffer.from(text);
  }
}

/** What makes a connector, or its configuration, with something else in it. */
function usualBody(random: Random): unknown {
  const config = {
    "connector.class": random.of(["FileStreamSource", "FileStreamSink"]),
    topic: "fuzz-topic",
    topics: "fuzz-topic",
    file: "/nowhere/fuzz.txt",
    ...(random.chance(50) && { [random.of(KEYS)]: random.of(TEXTS) }),
  };
  if (random.chance(60)) return config;
  return { name: random.of(["c0", "c1", "c2"]), config, initial_state: "STOPPED" };
}

function oddValue(random: Random, depth: number): unknown {
  const kind = random.integer(depth > 0 ? 8 : 5);
  switch (kind) {
    case 0:
      return null;
    case 1:
      return random.chance(50);
    case 2:
      return random.of([0, -1, 1.5, 1e300, 2 ** 53, Number.MIN_VALUE]);
    case 3:
    case 4:
      return random.of(TEXTS);
    case 5:
      return Array.from({ length: random.integer(4) }, () => oddValue(random, depth - 1));
    default: {
      const entries = Array.from({ length: random.integer(8) }, () => [
        random.of(KEYS),
        oddValue(random, depth - 1),
      ]);
      return Object.fromEntries(entries) as unknown;
    }
  }
}
