import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { type Kafka, sharedKafka, startKafka } from "@millrace/services";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Properties, runWorker, WorkerFolder } from "./support/run-worker.ts";
import { Witness } from "./support/witness.ts";

const SECRET = "kept-out-of-the-worker";

let folder: WorkerFolder;
let kafka: string;

beforeAll(async () => {
  folder = await WorkerFolder.create();
  kafka = await sharedKafka();
});
afterAll(() => folder?.[Symbol.asyncDispose]());

/** The one line that says why the worker did not start. */
async function refusal(changes: Properties): Promise<string> {
  const { code, output, lines } = await runWorker(await folder.properties(changes));
  expect(code).toBe(2);
  expect(output).not.toContain(SECRET);
  const errors = lines.filter(({ level }) => level === "error").map(({ msg }) => msg);
  expect(errors).toEqual([expect.stringMatching(/^The worker could not start: /)]);
  return errors.join();
}

describe("connect-standalone exits with 1 and shows its usage", () => {
  it.each([[[]], [["--unknown", "worker.properties"]]])("for %j", async (args) => {
    const { code, output } = await runWorker(...args);
    expect(code).toBe(1);
    expect(output).toMatch(/^Usage: connect-standalone .*<worker\.properties> \[connector files/m);
  });
});

describe("connect-standalone exits with 2", () => {
  it.each([
    ["that is not there", (path: string) => join(path, "nope"), /nope: ENOENT/],
    ["that is a folder", (path: string) => path, /: EISDIR/],
  ])("for a properties file %s", async (_, fileIn, message) => {
    const { code, lines } = await runWorker(fileIn(folder.path));
    expect(code).toBe(2);
    expect(lines.at(-1)?.msg).toMatch(/Cannot read the properties file/);
    expect(lines.at(-1)?.msg).toMatch(message);
  });

  it("for an escape that is cut off", async () => {
    const { code, lines } = await runWorker(await folder.file("odd.properties", "a=\\u20"));
    expect(code).toBe(2);
    expect(lines.at(-1)?.msg).toMatch(/odd\.properties: Malformed \\uxxxx encoding/);
  });

  it.each([
    "bootstrap.servers",
    "key.converter",
    "value.converter",
    "offset.storage.file.filename",
  ])("without %s", async (key) => {
    expect(await refusal({ [key]: undefined })).toContain(
      `Missing required configuration "${key}"`,
    );
  });

  it.each([
    [{ "offset.flush.interval.ms": "soon" }, /soon for configuration offset\.flush\.interval\.ms/],
    [{ "task.threads": "0" }, /0 for configuration task\.threads: Value must be at least 1/],
    [{ "topic.tracking.enable": "maybe" }, /maybe for configuration topic\.tracking\.enable/],
    [{ "value.converter": "org.acme.Nope" }, /org\.acme\.Nope for .*Installed: .*JsonConverter/],
    [{ "plugin.discovery": "guess" }, /guess for configuration plugin\.discovery/],
    [{ listeners: "8083" }, /\[8083\] for configuration listeners: .*http:\/\/localhost:8083/],
    [{ listeners: "https://127.0.0.1:0" }, /ssl\.keystore\.location.*https/],
    [{ listeners: "http://192.0.2.1:8083" }, /192\.0\.2\.1:8083 \(listeners\): .*EADDRNOTAVAIL/],
    [{ "bootstrap.servers": "localhost" }, /bootstrap\.servers: localhost; write host:port/],
    [{ "security.protocol": "TLS" }, /TLS for configuration security\.protocol: .*SASL_SSL/],
    [
      { "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "GSSAPI" },
      /sasl\.mechanism: GSSAPI .*set one of PLAIN, SCRAM-SHA-256/,
    ],
    [
      {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "PLAIN",
        "sasl.jaas.config": SECRET,
      },
      /\[hidden\] for configuration sasl\.jaas\.config: no control flag/,
    ],
    [
      {
        "security.protocol": "SSL",
        "ssl.truststore.location": "/nowhere.p12",
        "ssl.truststore.password": SECRET,
        "ssl.truststore.type": "PKCS12",
      },
      /ssl\.truststore\.location: the file \/nowhere\.p12 can't be read/,
    ],
  ] as const)("for %j", async (changes, message) => {
    expect(await refusal(changes)).toMatch(message);
  });

  it("when its port is taken, at once, also while Kafka is away", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as { port: number };
    const said = await refusal({ listeners: `http://127.0.0.1:${port}` });
    expect(said).toMatch(new RegExp(`127.0.0.1:${port} \\(listeners\\): .*EADDRINUSE.*another`));
    other.close();
  });

  it("when nothing listens at bootstrap.servers, after it has said so", async () => {
    const file = await folder.properties({ "bootstrap.servers": "127.0.0.1:1,localhost:1" });
    const { code, lines } = await runWorker(file);
    expect(code).toBe(2);
    const warnings = lines.filter(({ level }) => level === "warn").map(({ msg }) => msg);
    expect(warnings.join("\n")).toMatch(/Connection to 127\.0\.0\.1:1 failed: .*ECONNREFUSED/);
    // Not a line for every attempt.
    expect(warnings.length).toBeLessThan(10);
    expect(lines.at(-1)?.msg).toMatch(
      /Failed to connect to and describe Kafka cluster.*bootstrap\.servers=127\.0\.0\.1:1,local/,
    );
  });

  it("for an offsets file of another kind, which stays as it is", async () => {
    const file = await folder.file("not-offsets", "precious");
    expect(await refusal({ "offset.storage.file.filename": file })).toMatch(
      /not-offsets \(offset\.storage\.file\.filename\) is not one of Kafka Connect's.*another file/,
    );
    expect(await readFile(file, "utf8")).toBe("precious");
  });

  it("for an offsets file that is cut off", async () => {
    const file = await folder.file("cut", "\xac\xed\x00\x05sr\x00\x11java.util.Hash");
    expect(await refusal({ "offset.storage.file.filename": file })).toMatch(/cut .*is not one of/);
  });

  it.each([["missing/offsets"], ["plain/offsets"], ["."]])(
    "for an offsets file that cannot be written: %s",
    async (name) => {
      await folder.file("plain", "");
      const file = join(folder.path, name);
      expect(await refusal({ "offset.storage.file.filename": file })).toMatch(
        /\(offset\.storage\.file\.filename\) cannot be (read|written): .*name another file/,
      );
    },
  );
});

describe("a broker that asks for logins", () => {
  let secured: Kafka;

  beforeAll(async () => {
    secured = await startKafka({
      listeners: { LOGIN: { sasl: ["PLAIN", "SCRAM-SHA-512"] } },
      users: { alice: "alice-secret" },
    });
  });
  afterAll(() => secured?.close());

  const login = ([mechanism, module]: readonly [string, string], password: string) => ({
    "bootstrap.servers": secured.bootstrapServersOf("LOGIN"),
    "security.protocol": "SASL_PLAINTEXT",
    "sasl.mechanism": mechanism,
    "sasl.jaas.config": `org.apache.kafka.common.security.${module} required username="alice" password="${password}";`,
  });
  const PLAIN = ["PLAIN", "plain.PlainLoginModule"] as const;
  const SCRAM = ["SCRAM-SHA-512", "scram.ScramLoginModule"] as const;
  const WEAKER = ["SCRAM-SHA-256", "scram.ScramLoginModule"] as const;

  it("refuses a wrong password at once", async () => {
    for (const how of [PLAIN, SCRAM]) {
      expect(await refusal(login(how, SECRET))).toMatch(/refused the .* credentials/);
    }
  });

  it("names the mechanisms it offers", async () => {
    expect(await refusal(login(WEAKER, SECRET))).toMatch(/it enables .*SCRAM-SHA-512/);
  });

  it("is told from one that asks for none", async () => {
    const settings = { ...login(PLAIN, SECRET), "bootstrap.servers": secured.bootstrapServers };
    expect(await refusal(settings)).toMatch(/takes no logins: check security\.protocol/);
  });
});

describe("connect-standalone exits with 3, naming the connector file,", () => {
  it.each([
    ["that is not there", "nope.json", undefined, /nope\.json: ENOENT/],
    ["that is broken JSON", "broken.json", `{"name": "a", "x": "${SECRET}`, /broken\.json: .*JSON/],
    ["without a name", "nameless.json", `{"topic": "t"}`, /nameless\.json: it has no "name"/],
    ["of two names", "two.json", `{"name": "a", "config": {"name": "b"}}`, /"a".*"b"/],
    ["of an unknown class", "nobody.properties", "name=a\nconnector.class=No\n", /matches No,/],
    ["without a class", "classless.properties", "name=a\n", /contains no connector type/],
    [
      "with a wrong value",
      "wrong.properties",
      "name=a\nconnector.class=FileStreamSource\ntopic=t\ntasks.max=many\n",
      /many for configuration tasks\.max/,
    ],
  ])("%s", async (_, name, content, message) => {
    const worker = await folder.properties({ "bootstrap.servers": kafka });
    const file = content === undefined ? name : await folder.file(name, content);
    const { code, output, lines } = await runWorker(worker, file);
    expect(code).toBe(3);
    expect(output).not.toContain(SECRET);
    const said = lines.filter(({ level }) => level === "error").map(({ msg }) => msg);
    expect(said.join("\n")).toMatch(/Stopping, because a connector could not be created: /);
    expect(said.join("\n")).toMatch(message);
    expect(said.join("\n")).toContain(name);
  });
});

it("offsets that cannot be saved are an error in the log until they can be", async () => {
  const state = join(folder.path, "state");
  await mkdir(state);
  const file = join(state, "offsets");
  await using witness = await Witness.start({
    bootstrapServers: kafka,
    properties: { "offset.storage.file.filename": file, "offset.flush.interval.ms": 200 },
  });
  await rm(state, { recursive: true });
  await witness.expectUndisturbed();
  await expect
    .poll(() => witness.log())
    .toMatch(/"level":"error".*offset\.storage\.file\.filename\) cannot be written.*Create its/);
  await mkdir(state);
  // What was read meanwhile is saved with the next commit.
  await expect.poll(() => readFile(file, "utf8"), { timeout: 10_000 }).toContain('"position":');
  await writeFile(join(state, "other"), "");
  await witness.expectUndisturbed();
});
