import { Agent, request } from "node:http";
import { oddRequest, type OddRequest } from "./odd-request.ts";
import { Random } from "./random.ts";
import { isAllowed } from "./allowed.ts";

const AT_ONCE = 16;
/** Longer than anything a worker waits for. */
const LIMIT_MS = 120_000;

export interface FuzzOptions {
  readonly url: string;
  readonly requests: number;
  readonly seed: number;
}

export interface FuzzResult {
  /** How many answers had each status; 0 stands for connections that were closed without one. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Answers that Java would not give, and requests that got none in time. */
  readonly defects: readonly string[];
}

interface Reply {
  readonly status: number;
  readonly body: string;
}

/** Sends odd requests to a worker, the same for the same seed, several at once. */
export async function fuzz({ url, requests, seed }: FuzzOptions): Promise<FuzzResult> {
  const random = new Random(seed);
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const statuses = new Map<number, number>();
  const defects: string[] = [];
  let left = requests;
  const sender = async () => {
    while (left-- > 0) {
      const odd = oddRequest(random);
      const { status, body } = await send(url, odd, agent);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (!isAllowed(odd, status, messageOf(body))) defects.push(described(odd, status, body));
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, sender));
  } finally {
    agent.destroy();
  }
  return { statuses, defects };
}

/** A connection that the server closes is an answer, too: status 0. */
function send(url: string, odd: OddRequest, agent: Agent): Promise<Reply> {
  const { hostname, port } = new URL(url);
  const { method, path, headers, body } = odd;
  const length = body && { "Content-Length": String(body.length) };
  return new Promise((resolve) => {
    const outgoing = request(
      { hostname, port, agent, method, path, headers: { ...headers, ...length } },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        const answered = () =>
          resolve({ status: incoming.statusCode ?? 0, body: Buffer.concat(chunks).toString() });
        incoming.on("end", answered).on("error", answered);
      },
    );
    outgoing.on("error", (error: NodeJS.ErrnoException) => {
      const refused = error.code === "ECONNREFUSED" || error.code === "ETIMEDOUT";
      resolve({ status: refused ? 599 : 0, body: error.message });
    });
    outgoing.setTimeout(LIMIT_MS, () => {
      outgoing.destroy(Object.assign(new Error("no answer in time"), { code: "ETIMEDOUT" }));
    });
    outgoing.end(body);
  });
}

function messageOf(body: string): string {
  try {
    return String((JSON.parse(body) as { message?: unknown }).message);
  } catch {
    return body;
  }
}

function described({ method, path, headers, body }: OddRequest, status: number, answer: string) {
  const shown = body === undefined ? "" : ` ${body.toString().slice(0, 300)}`;
  return `${method} ${path.slice(0, 200)} ${JSON.stringify(headers).slice(0, 200)}${shown}\n  ${status} ${answer.slice(0, 400)}`;
}
