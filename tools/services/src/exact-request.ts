import { request } from "node:http";

/** Null leaves out a header that would be sent by itself. */
export type ExactHeaders = Readonly<Record<string, string | null>>;

export interface ExactAnswer {
  readonly status: number;
  /** By their names in lower case; of those that came more than once, all, separated by commas. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed where it is JSON. */
  readonly body: unknown;
}

/**
 * Sends a request exactly as written: no path is tidied up, no header added besides the length
 * and, unless `headers` says otherwise, the type of a body.
 * @param body a text or bytes as they are, anything else as JSON
 * @throws {Error} when the server closes the connection without an answer
 */
export function sendExactly(
  url: string,
  method: string,
  path: string,
  body?: unknown,
  headers?: ExactHeaders,
): Promise<ExactAnswer> {
  const bytes = body === undefined ? undefined : bytesOf(body);
  const wanted = { ...(bytes && { "Content-Type": "application/json" }), ...headers };
  const sent: Record<string, string> = {};
  for (const [name, value] of Object.entries(wanted)) if (value !== null) sent[name] = value;
  if (bytes) sent["Content-Length"] ??= String(bytes.length);
  const { hostname: host, port } = new URL(url);
  const hostname = host.replace(/^\[(.*)\]$/, "$1"); // IPv6
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { hostname, port, method, path, headers: sent, agent: false },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.on("error", reject);
        incoming.on("end", () =>
          resolve({
            status: incoming.statusCode ?? 0,
            headers: Object.fromEntries(
              Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
            ),
            body: parsed(Buffer.concat(chunks).toString()),
          }),
        );
      },
    );
    outgoing.on("error", reject);
    outgoing.end(bytes);
  });
}

function bytesOf(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
