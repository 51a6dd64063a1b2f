import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ConnectClient, sharedKafka } from "@millrace/services";
import { describe, expect, onTestFinished, test } from "vitest";
import { until } from "./support/until.ts";

const CLI = fileURLToPath(new URL("../src/cli/", import.meta.url));
const FILE_PLUGINS = fileURLToPath(new URL("../../connect-file", import.meta.url));
const STRINGS = "org.apache.kafka.connect.storage.StringConverter";

class Command {
  readonly process: ChildProcess;
  readonly exit: Promise<number | string>;
  output = "";

  constructor(name: string, ...args: string[]) {
    this.process = spawn(process.execPath, [
      "--conditions=@millrace/source",
      join(CLI, `${name}.ts`),
      ...args,
    ]);
    for (const stream of [this.process.stdout!, this.process.stderr!]) {
      stream.on("data", (chunk: Buffer) => (this.output += chunk.toString()));
    }
    this.exit = new Promise((resolve) =>
      this.process.once("close", (code, signal) => resolve(code ?? signal ?? "")),
    );
    onTestFinished(() => void this.process.kill("SIGKILL"));
  }

  /** The address it listens on, once it does. */
  async url(): Promise<string> {
    let found: string | undefined;
    let ended = false;
    void this.exit.then(() => (ended = true));
    await until("the worker listens", () => {
      found = /listens on (http:\S+)/.exec(this.output)?.[1];
      return found !== undefined || ended;
    });
    if (found === undefined) throw new Error(`The worker has ended: ${this.output}`);
    return found;
  }
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "worker-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

function workerFile(path: string, props: Readonly<Record<string, string>>): string {
  const file = join(path, "worker.properties");
  const all = {
    "key.converter": STRINGS,
    "value.converter": STRINGS,
    "offset.storage.file.filename": join(path, "offsets"),
    "offset.flush.interval.ms": "200",
    "plugin.path": FILE_PLUGINS,
    listeners: "http://127.0.0.1:0",
    ...props,
  };
  const lines = Object.entries(all).map(([key, value]) => `${key}=${value}\n`);
  writeFileSync(file, lines.join(""));
  return file;
}

describe("connect-standalone ends with Java's codes:", () => {
  test("1 without a worker file", async () => {
    const command = new Command("connect-standalone");
    expect(await command.exit).toBe(1);
    expect(command.output).toContain("worker.properties");
  });

  test.each([
    ["a file that is not there", undefined, /Cannot read the properties file .*nope/],
    ["a key of the wrong type", { "task.threads": "many" }, /many for configuration task\.threads/],
    [
      "an unknown converter",
      { "value.converter": "x.Y" },
      /x\.Y for configuration value\.converter/,
    ],
    [
      "a value of a config provider that is wrong",
      {
        "config.providers": "env",
        "config.providers.env.class": "EnvVarConfigProvider",
        "task.threads": "${env:PATH}",
      },
      /\$\{env:PATH\} for configuration task\.threads: the value that a config provider gives/,
    ],
    [
      "a config provider that there is not",
      { "config.providers": "x", "config.providers.x.class": "x.Y" },
      /x\.Y for configuration config\.providers\.x\.class: .*FileConfigProvider/,
    ],
    [
      "a key store without its password",
      {
        "bootstrap.servers": "a:1",
        "security.protocol": "SSL",
        "ssl.truststore.location": "/nowhere.p12",
        "ssl.truststore.type": "PKCS12",
      },
      /ssl\.truststore/,
    ],
    [
      "an https listener without its key store",
      {
        listeners: "https://127.0.0.1:0",
        "listeners.https.ssl.keystore.location": "/nowhere.p12",
        "listeners.https.ssl.keystore.password": "hunter2",
      },
      /listeners\.https\.ssl\.keystore\.location: the file \/nowhere\.p12 can't be read \(ENOENT\)/,
    ],
    [
      "a REST extension that there is not",
      { "rest.extension.classes": "BasicAuthSecurityRestExtension" },
      /for configuration rest\.extension\.classes: .*@millrace\/connect-rest-extensions/,
    ],
  ])("2 for %s", async (_, props, message) => {
    const path = folder();
    const file = props
      ? workerFile(path, { "bootstrap.servers": "127.0.0.1:1", ...props })
      : "nope";
    const command = new Command("connect-standalone", file);
    expect(await command.exit).toBe(2);
    expect(command.output).toMatch(message);
    expect(command.output).not.toContain("hunter2");
  });

  test("3 for a connector file that is wrong, naming the file and the key", async () => {
    const path = folder();
    const worker = workerFile(path, { "bootstrap.servers": await sharedKafka() });
    const connector = join(path, "source.properties");
    writeFileSync(connector, "name=s\nconnector.class=FileStreamSource\nfile=/in.txt\n");
    const command = new Command("connect-standalone", worker, connector);
    expect(await command.exit).toBe(3);
    expect(command.output).toMatch(/Missing required configuration \\"topic\\"/);
  });
});

describe("connect-distributed ends with Java's codes:", () => {
  const CLUSTER = {
    "bootstrap.servers": "127.0.0.1:1",
    "group.id": "g",
    "config.storage.topic": "c",
    "offset.storage.topic": "o",
    "status.storage.topic": "s",
  };

  test("1 without a worker file, 0 when asked for help", async () => {
    const none = new Command("connect-distributed");
    expect(await none.exit).toBe(1);
    expect(none.output).toContain("worker.properties");
    const help = new Command("connect-distributed", "--help");
    expect(await help.exit).toBe(0);
    expect(help.output).toContain("group.id");
  });

  test.each([
    ["a key that is missing", { "group.id": "" }, /group\.id/],
    ["a broker that is not there", { "default.api.timeout.ms": "1000" }, /bootstrap\.servers=127/],
  ])("2 for %s", async (_, props, message) => {
    const command = new Command(
      "connect-distributed",
      workerFile(folder(), { ...CLUSTER, ...props }),
    );
    expect(await command.exit).toBe(2);
    expect(command.output).toMatch(message);
  });

  test("0 after SIGTERM, also while it looks for its place; what it ran is UNASSIGNED", async () => {
    const name = `cluster-${Date.now()}`;
    const file = workerFile(folder(), {
      ...CLUSTER,
      "bootstrap.servers": await sharedKafka(),
      "group.id": name,
      "config.storage.topic": `${name}-c`,
      "offset.storage.topic": `${name}-o`,
      "status.storage.topic": `${name}-s`,
      "config.storage.replication.factor": "1",
      "offset.storage.replication.factor": "1",
      "status.storage.replication.factor": "1",
    });
    const command = new Command("connect-distributed", file);
    const client = new ConnectClient(await command.url());
    const config = { "connector.class": "FileStreamSource", file: "/nowhere/in.txt", topic: "t" };
    await until("it takes connectors", async () => {
      const { status } = await client.request("PUT", "/connectors/src/config", config);
      return status === 201;
    });
    await client.waitFor("src", "RUNNING", 30_000, 1);
    command.process.kill("SIGTERM");
    expect(await command.exit).toBe(0);
    for (const what of ["Connector src", "Task src-0"]) {
      expect(command.output).toContain(`${what} is UNASSIGNED`);
    }
    const again = new Command("connect-distributed", file);
    await again.url();
    again.process.kill("SIGTERM");
    expect(await again.exit).toBe(0);
  });
});

describe("a standalone worker", () => {
  test("moves lines, stops gracefully, and goes on where it was", async () => {
    const path = folder();
    const worker = workerFile(path, { "bootstrap.servers": await sharedKafka() });
    const [input, output] = [join(path, "in.txt"), join(path, "out.txt")];
    const topic = `lines-${Date.now()}`;
    writeFileSync(input, "one\ntwo\n");
    const source = join(path, "source.json");
    writeFileSync(
      source,
      JSON.stringify({
        name: "src",
        config: { "connector.class": "FileStreamSource", file: input, topic },
      }),
    );
    const sink = join(path, "sink.properties");
    writeFileSync(
      sink,
      `name=snk\nconnector.class=FileStreamSink\nfile=${output}\ntopics=${topic}\n`,
    );
    const read = () => readFileSync(output, "utf8");

    const first = new Command("connect-standalone", worker, source, sink);
    const client = new ConnectClient(await first.url());
    await client.waitFor("snk");
    await until("both lines arrive", () => read() === "one\ntwo\n");
    expect(await client.request("GET", "/health")).toMatchObject({ status: 200 });
    await until("the sink has committed", async () => {
      const { body } = await client.request<{ offsets: object[] }>(
        "GET",
        "/connectors/snk/offsets",
      );
      return body.offsets.length === 1;
    });
    expect((await client.request("GET", "/connectors/snk/offsets")).body).toEqual({
      offsets: [
        { partition: { kafka_topic: topic, kafka_partition: 0 }, offset: { kafka_offset: 2 } },
      ],
    });
    first.process.kill("SIGTERM");
    expect(await first.exit).toBe(0);
    expect(first.output).toContain("The worker has stopped");

    writeFileSync(input, "one\ntwo\nthree\n");
    const second = new Command("connect-standalone", worker, source, sink);
    await new ConnectClient(await second.url()).waitFor("snk");
    await until("the third line arrives", () => read().endsWith("three\n"));
    expect(read()).toBe("one\ntwo\nthree\n");
    second.process.kill("SIGINT");
    expect(await second.exit).toBe(0);
  });

  test("runs on beside plugins that are broken, and names them", async () => {
    const path = folder();
    const plugins = join(path, "plugins");
    const broken = (name: string, packageJson: string, code = "") => {
      mkdirSync(join(plugins, name), { recursive: true });
      writeFileSync(join(plugins, name, "package.json"), packageJson);
      writeFileSync(join(plugins, name, "index.js"), code);
    };
    broken("not-json", "{");
    broken("newer", JSON.stringify({ name: "newer", version: "1.0.0", kafkaConnect: { api: 99 } }));
    broken(
      "throwing",
      JSON.stringify({
        name: "throwing",
        version: "1.0.0",
        type: "module",
        kafkaConnect: {
          api: 1,
          plugins: [
            { kind: "sink", class: "org.acme.ThrowingSink", module: "./index.js", export: "T" },
          ],
        },
      }),
      `throw new Error("no driver for this platform");`,
    );
    const worker = workerFile(path, {
      "bootstrap.servers": await sharedKafka(),
      "plugin.path": `${FILE_PLUGINS},${plugins}`,
    });
    const command = new Command("connect-standalone", worker);
    const client = new ConnectClient(await command.url());
    for (const name of ["not-json", "newer"]) expect(command.output).toContain(join(plugins, name));
    const refused = await client.request("PUT", "/connectors/t/config", {
      "connector.class": "ThrowingSink",
      topics: "t",
    });
    expect(refused.status).toBe(400);
    expect(JSON.stringify(refused.body)).toMatch(/Package throwing .*no driver for this platform/);
    expect((await client.request("GET", "/connectors")).body).toEqual([]);

    const doctor = new Command("connect-plugins", "doctor", "--worker-config", worker);
    expect(await doctor.exit).toBe(1);
    expect(doctor.output).toMatch(/✓ org\.apache\.kafka\.connect\.file\.FileStreamSinkConnector/);
    expect(doctor.output).toMatch(/✗ org\.acme\.ThrowingSink.*no driver for this platform/);
    expect(doctor.output).toContain("3 problems found");
  });
});
