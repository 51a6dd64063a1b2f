import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Props } from "@millrace/connect-api";
import { expect, onTestFinished, test, vi } from "vitest";
import { startWorker, type WorkerUnderTest } from "./support/worker-under-test.ts";

// Real sockets, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 });

interface Recorded {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly response?: Answer;
  /** Of answers that were not kept. */
  readonly status?: number;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed where it is JSON. */
  readonly body: unknown;
}

const GOLDEN = JSON.parse(
  readFileSync(new URL("golden/rest-extras.json", import.meta.url), "utf8"),
) as { runs: Record<string, Recorded[]> };

/** Recorded of a worker of a cluster; one on its own takes no such requests, signed or not. */
const OF_CLUSTERS = new Map([["009-internal-post-tasks-none", 500]]);

/** What a recording does not have: the connection's own. */
const NOT_RECORDED = new Set(["connection", "content-length", "date", "keep-alive"]);

function ask(url: string, { method, path, headers, body }: Recorded): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(`${url}${path}`, { method, headers, agent: false }, (incoming) => {
      let text = "";
      incoming.on("data", (chunk: Buffer) => (text += chunk.toString()));
      incoming.on("end", () =>
        resolve({
          status: incoming.statusCode!,
          headers: Object.fromEntries(
            Object.entries(incoming.headers)
              .filter(([name]) => !NOT_RECORDED.has(name))
              .map(([name, value]) => [name, String(value)]),
          ),
          body: parsed(text),
        }),
      );
    });
    outgoing.on("error", reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function authentication(): Props {
  const folder = mkdtempSync(join(tmpdir(), "basic-auth-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "pw.properties"), "fred: letmein\n");
  writeFileSync(
    join(folder, "jaas.conf"),
    `KafkaConnect { org.apache.kafka.connect.rest.basic.auth.extension.PropertyFileLoginModule required file="${folder}/pw.properties"; };`,
  );
  return {
    "rest.extension.classes":
      "org.apache.kafka.connect.rest.basic.auth.extension.BasicAuthSecurityRestExtension",
    "java.security.auth.login.config": join(folder, "jaas.conf"),
  };
}

const headersAndAdmin = (): Props => ({
  "access.control.allow.origin": "http://a.example",
  "access.control.allow.methods": "GET,POST",
  "response.http.headers.config": "add X-One: 1, set Cache-Control: no-cache",
  "admin.listeners": "http://127.0.0.1:0",
});

test.each<[run: string, props: () => Props, urlOf: (worker: WorkerUnderTest) => string]>([
  ["auth", authentication, ({ url }) => url],
  ["cors", headersAndAdmin, ({ url }) => url],
  ["admin", headersAndAdmin, ({ addresses }) => addresses.at(-1)!],
])("%s is answered as recorded", async (run, props, urlOf) => {
  const worker = await startWorker(props());
  const cases = GOLDEN.runs[run]!;
  expect(cases.length).toBeGreaterThan(0);
  for (const recorded of cases) {
    const { name, response, status } = recorded;
    const answer = await ask(urlOf(worker), recorded);
    // Of answers that were not kept the status is known.
    const expected =
      OF_CLUSTERS.get(name) ?? (response === undefined ? status : comparable(response));
    const got = typeof expected === "number" ? answer.status : comparable(answer);
    expect([name, got]).toEqual([name, expected]);
  }
});

/** Every worker has loggers of its own. */
function comparable({ status, headers, body }: Answer): unknown {
  const root = (body as { root?: { level?: string } } | null)?.root;
  return { status, headers, body: root === undefined ? body : { root: root.level } };
}
