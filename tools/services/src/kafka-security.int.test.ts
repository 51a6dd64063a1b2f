import { readFile } from "node:fs/promises";
import { Kafka, logLevel, type KafkaConfig, type Mechanism, type SASLOptions } from "kafkajs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startKafka, type ClientTls, type Kafka as Cluster } from "./index.ts";

const PASSWORD = String.raw`se"cret\ 1`;

let cluster: Cluster & { tls: ClientTls };
beforeAll(async () => {
  const started = await startKafka({
    listeners: {
      TLS: { tls: true },
      MUTUAL: { tls: "client-certificate" },
      PASSWORDS: { sasl: ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] },
      TOKENS: { sasl: ["OAUTHBEARER"] },
      BOTH: { tls: true, sasl: ["PLAIN", "SCRAM-SHA-512"] },
    },
    users: { alice: PASSWORD },
  });
  if (started.tls === undefined)
    throw new Error("A cluster with TLS listeners has no certificates.");
  cluster = Object.assign(started, { tls: started.tls });
});
afterAll(() => cluster?.close());

type Login = Pick<KafkaConfig, "ssl"> & { sasl?: SASLOptions | Mechanism };

async function login(listener: string, config: Login): Promise<void> {
  const admin = new Kafka({
    brokers: cluster.bootstrapServersOf(listener).split(","),
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
    ...config,
  }).admin();
  await admin.connect();
  try {
    await admin.listTopics();
  } finally {
    await admin.disconnect();
  }
}

const alice = { username: "alice", password: PASSWORD };
const mallory = { username: "alice", password: "guessed" };

test("TLS with our authority's certificate", async () => {
  await login("TLS", { ssl: { ca: cluster.tls.ca } });
  await expect(login("TLS", { ssl: true })).rejects.toThrow(/certificate/);
});

test("a client certificate, as PEM and as PKCS #12", async () => {
  const { ca, client, files, storePassword } = cluster.tls;
  await login("MUTUAL", { ssl: { ca, cert: client.certificate, key: client.key } });
  const pfx = await readFile(files.keystore);
  await login("MUTUAL", { ssl: { ca, pfx, passphrase: storePassword } });
  await expect(login("MUTUAL", { ssl: { ca } })).rejects.toThrow(
    /certificate|closed|disconnected/i,
  );
});

test.each(["plain", "scram-sha-256", "scram-sha-512"] as const)(
  "%s passwords",
  async (mechanism) => {
    await login("PASSWORDS", { sasl: { mechanism, ...alice } as SASLOptions });
    await expect(
      login("PASSWORDS", { sasl: { mechanism, ...mallory } as SASLOptions }),
    ).rejects.toThrow(/[Aa]uthentication failed/);
  },
);

test("passwords over TLS", async () => {
  const ssl = { ca: cluster.tls.ca };
  await login("BOTH", { ssl, sasl: { mechanism: "plain", ...alice } });
  await expect(login("BOTH", { ssl, sasl: { mechanism: "plain", ...mallory } })).rejects.toThrow(
    /[Aa]uthentication failed/,
  );
});

test("unsigned OAUTHBEARER tokens", async () => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const now = Math.floor(Date.now() / 1000);
  const token = (exp: number) =>
    `${part({ alg: "none" })}.${part({ sub: "alice", iat: now, exp })}.`;
  const tokens = (exp: number) => ({
    sasl: {
      mechanism: "oauthbearer",
      oauthBearerProvider: async () => ({ value: token(exp) }),
    } as const,
  });
  await login("TOKENS", tokens(now + 600));
  await expect(login("TOKENS", tokens(now - 600))).rejects.toThrow(/No brokers/); // all that kafkajs says
});
