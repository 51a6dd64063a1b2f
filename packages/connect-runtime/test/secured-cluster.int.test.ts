import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Props } from "@millrace/connect-api";
import { type Certificates, makeCertificates } from "@millrace/services";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ClusterUnderTest, type ClusterWorker } from "./support/cluster-under-test.ts";
import { until } from "./support/until.ts";

const folder = mkdtempSync(join(tmpdir(), "secured-cluster-"));
let certificates: Certificates;
beforeAll(async () => {
  certificates = await makeCertificates(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** Workers that talk to nobody without a certificate of the authority. */
function cluster(extensions: Props): ClusterUnderTest {
  const { serverKeystore, forClients } = certificates;
  return new ClusterUnderTest({
    listeners: "https://127.0.0.1:0",
    "listeners.https.ssl.keystore.location": serverKeystore,
    "listeners.https.ssl.keystore.password": forClients.storePassword,
    "listeners.https.ssl.truststore.location": forClients.files.ca,
    "listeners.https.ssl.truststore.type": "PEM",
    "listeners.https.ssl.client.auth": "required",
    ...extensions,
  });
}

/** Users of a file, and roles for what they may do. */
function basicAuth(users: string): Props {
  const module =
    "org.apache.kafka.connect.rest.basic.auth.extension.PropertyFileLoginModule required";
  return {
    "rest.extension.classes": "BasicAuthSecurityRestExtension,RolesExtension",
    "java.security.auth.login.config": file(
      "jaas.conf",
      `KafkaConnect { ${module} file="${file("users", users)}"; };`,
    ),
  };
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

function ask(
  { url }: ClusterWorker,
  method: string,
  path: string,
  body?: unknown,
  user?: string,
): Promise<Answer> {
  const { ca, client } = certificates.forClients;
  const headers = {
    ...(body !== undefined && { "Content-Type": "application/json" }),
    ...(user !== undefined && { Authorization: `Basic ${Buffer.from(user).toString("base64")}` }),
  };
  const options = { method, headers, ca, cert: client.certificate, key: client.key, agent: false };
  return new Promise((resolve, reject) => {
    const outgoing = request(new URL(path, url), options, (incoming) => {
      let text = "";
      incoming.on("data", (chunk: Buffer) => (text += chunk.toString()));
      incoming.on("end", () => resolve({ status: incoming.statusCode!, body: text }));
    });
    outgoing.on("error", reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const connector = (name: string) => ({
  name,
  config: { "connector.class": "FileStreamSource", "tasks.max": "1", file: "/in", topic: "t" },
});

const audited = ({ log }: ClusterWorker) =>
  log.filter(({ logger }) => logger === "audit").map(({ message }) => message);

/** What takes the role `admin` on purpose: it is about the worker, not its connectors. */
const FOR_ADMINS = [
  "GET /admin/loggers",
  "GET /admin/loggers/{logger}",
  "PUT /admin/loggers/{logger}",
];
/** What workers ask each other, which their signatures decide on. */
const INTERNAL = ["POST /connectors/{name}/tasks", "PUT /connectors/{name}/fence"];

/** The role that a call takes, from how a user who has none is refused; none: it is not refused. */
async function roleTaken(worker: ClusterWorker, call: string, user: string): Promise<string> {
  const [method = "", template = ""] = call.split(" ");
  const path = template.replace("{task}", "0").replaceAll(/\{\w+\}/g, "a");
  const { status, body } = await ask(worker, method, path, undefined, user);
  if (status !== 403) return "none";
  return /it takes the role (\w+)/.exec(body)?.[1] ?? body;
}

describe("a cluster over mutual TLS", () => {
  test("has a role for each call, and lets only admins do what is meant for them", async () => {
    const secured = cluster({
      ...basicAuth("vera=x\nnina=y\n"),
      "rest.roles.file": file(
        "viewers.json",
        JSON.stringify({ grants: [{ users: ["vera"], role: "view" }] }),
      ),
    });
    const worker = await secured.add();
    const told = await ask(worker, "GET", "/millrace/openapi.json", undefined, "vera:x");
    const { paths } = JSON.parse(told.body) as { paths: Record<string, object> };
    const callsByRole: Record<string, string[]> = {};
    for (const [path, methods] of Object.entries(paths)) {
      for (const method of Object.keys(methods)) {
        const call = `${method.toUpperCase()} ${path}`;
        (callsByRole[await roleTaken(worker, call, "nina:y")] ??= []).push(call);
      }
    }
    const { admin, none, ...others } = callsByRole;
    expect(admin?.toSorted()).toEqual(FOR_ADMINS);
    expect(none?.toSorted()).toEqual(INTERNAL);
    expect(Object.keys(others).toSorted()).toEqual(["edit", "operate", "view"]);
  });

  test("forwards users to the leader, and tasks of its own without a user", async () => {
    const secured = cluster({
      ...basicAuth("fred=letmein\nvera=x\n"),
      "rest.roles.file": file(
        "roles.json",
        JSON.stringify({
          grants: [
            { users: ["fred"], role: "edit", connectors: ["a-*"] },
            { users: ["vera"], role: "view", connectors: ["a-1"] },
          ],
        }),
      ),
    });
    const workers = [await secured.add(), await secured.add()] as const;
    // One of the two is not the leader, and sends the request on.
    for (const [i, worker] of workers.entries()) {
      const made = await ask(worker, "POST", "/connectors", connector(`a-${i}`), "fred:letmein");
      expect(made).toMatchObject({ status: 201 });
    }
    await secured.running("a-0", "a-0-0", "a-1", "a-1-0");
    for (const worker of workers) {
      expect(await ask(worker, "GET", "/connectors")).toEqual({
        status: 401,
        body: "User cannot access the resource.",
      });
      const denied = await ask(worker, "POST", "/connectors", connector("b"), "fred:letmein");
      expect(denied).toMatchObject({ status: 403 });
      expect((await ask(worker, "GET", "/connectors", undefined, "vera:x")).body).toBe(`["a-1"]`);
      expect(await ask(worker, "PUT", "/connectors/a-1/stop", undefined, "vera:x")).toMatchObject({
        status: 403,
      });
      // What only workers may ask is for the signature to decide.
      expect(await ask(worker, "POST", "/connectors/x/tasks", [])).toEqual({
        status: 400,
        body: `{"error_code":400,"message":"Internal request missing required signature"}`,
      });
    }
    for (const [i, worker] of workers.entries()) {
      expect(
        await ask(worker, "PUT", `/connectors/a-${i}/stop`, undefined, "fred:letmein"),
      ).toMatchObject({ status: 204 });
    }
    await until("all is written down", () =>
      workers.every((worker, i) =>
        audited(worker).some((line) => line.startsWith(`PUT /connectors/a-${i}/stop by "fred"`)),
      ),
    );
    const lines = workers.map(audited);
    for (const [i, own] of lines.entries()) {
      expect(own).toContain(`POST /connectors ("a-${i}") by "fred" from 127.0.0.1: 201`);
      expect(own).toContain(`POST /connectors ("b") by "fred" from 127.0.0.1: 403`);
      expect(own).toContain(`PUT /connectors/a-1/stop by "vera" from 127.0.0.1: 403`);
      expect(own.join()).not.toContain("/tasks");
    }
    // The leader has heard of the other's requests from the other worker, with the same user.
    const sentOn = lines.flat().filter((line) => line.includes("sent on by a worker"));
    expect(sentOn).toContainEqual(
      expect.stringMatching(/^PUT \/connectors\/a-[01]\/stop by "fred" .*: 204$/),
    );
    expect(JSON.stringify(workers.map(({ log }) => log))).not.toMatch(/letmein|ZnJlZD/);
  });

  test("knows users by their certificates, and workers by theirs", async () => {
    const roles = file(
      "certificates.json",
      JSON.stringify({
        grants: [
          { users: ["CN=millrace-client"], role: "operate" },
          // Workers send on what users of theirs may do.
          { users: ["CN=localhost"], role: "admin" },
        ],
      }),
    );
    const secured = cluster({
      "rest.extension.classes": "RolesExtension",
      "rest.roles.file": roles,
    });
    const workers = [await secured.add(), await secured.add()] as const;
    const made = await ask(workers[0], "POST", "/connectors", connector("c"));
    expect(made).toMatchObject({ status: 403 });
    const grants = [{ users: ["CN=millrace-client", "CN=localhost"], role: "edit" }];
    writeFileSync(roles, JSON.stringify({ grants }));
    // The file is read again.
    for (const worker of workers) {
      await until("it may edit", async () => {
        const { status } = await ask(worker, "PUT", "/connectors/c/config", connector("c").config);
        return status < 300;
      });
    }
    await secured.running("c", "c-0");
  });
});
