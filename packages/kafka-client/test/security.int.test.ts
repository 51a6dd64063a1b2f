import { startKafka, type ClientTls, type Kafka } from "@millrace/services";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { KafkaClient, Producer, clientSettings } from "../src/index.ts";
import { KAFKA_VERSIONS, createTopic } from "./support/kafka.ts";
import { PASSWORD, plain, scram, token } from "./support/logins.ts";

describe.each(KAFKA_VERSIONS)("security on Kafka %s", (version) => {
  let kafka: Kafka;
  let tls: ClientTls;
  beforeAll(async () => {
    kafka = await startKafka({
      version,
      listeners: {
        TLS: { tls: true },
        MUTUAL: { tls: "client-certificate" },
        PASSWORDS: { sasl: ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] },
        TOKENS: { sasl: ["OAUTHBEARER"] },
        BOTH: { tls: true, sasl: ["SCRAM-SHA-512"] },
      },
      users: { alice: PASSWORD },
    });
    tls = kafka.tls!;
  });
  afterAll(() => kafka.close());

  function connect(listener: string, props: Record<string, string>): KafkaClient {
    const { client } = clientSettings(
      {
        "bootstrap.servers": kafka.bootstrapServersOf(listener),
        "default.api.timeout.ms": "1000",
        ...props,
      },
      "admin",
    );
    return new KafkaClient(client);
  }

  async function clusterId(listener: string, props: Record<string, string>): Promise<string> {
    await using client = connect(listener, props);
    return await client.clusterId();
  }

  /** The error, after a look that it holds nothing secret, down to its causes (I5). */
  async function refusal(listener: string, props: Record<string, string>) {
    const error = await clusterId(listener, props).then(
      () => undefined,
      (thrown: unknown) => thrown as Error & { code: string; retriable: boolean },
    );
    for (let one: unknown = error; one instanceof Error; one = one.cause)
      expect(`${one.message} ${one.stack} ${JSON.stringify(one)}`).not.toMatch(/hush|guessed/);
    return error;
  }

  const trust = () => ({ "ssl.truststore.type": "PEM", "ssl.truststore.location": tls.files.ca });

  test("TLS with an authority from a PEM file, inline, and from PKCS #12", async () => {
    const ssl = { "security.protocol": "SSL" };
    const inline = { "ssl.truststore.type": "PEM", "ssl.truststore.certificates": tls.ca };
    const pkcs12 = {
      "ssl.truststore.type": "PKCS12",
      "ssl.truststore.location": tls.files.keystore,
      "ssl.truststore.password": tls.storePassword,
    };
    for (const props of [trust(), inline, pkcs12])
      expect(await clusterId("TLS", { ...ssl, ...props })).toMatch(/^[\w-]{22}$/);
  });

  test("a certificate from an authority we do not trust is refused at once", async () => {
    const error = await refusal("TLS", { "security.protocol": "SSL" });
    expect(error).toMatchObject({ code: "SSL_HANDSHAKE_FAILED", retriable: false });
    expect(error?.message).toMatch(/TLS handshake with 127.0.0.1:\d+ failed.*certificate.*ssl\.\*/);
  });

  test("a client certificate from PEM and PKCS #12; none is refused", async () => {
    const ssl = { "security.protocol": "SSL", ...trust() };
    const pem = {
      "ssl.keystore.type": "PEM",
      "ssl.keystore.key": tls.client.key,
      "ssl.keystore.certificate.chain": tls.client.certificate,
    };
    const pkcs12 = {
      "ssl.keystore.location": tls.files.keystore,
      "ssl.keystore.password": tls.storePassword,
    };
    for (const props of [pem, pkcs12])
      expect(await clusterId("MUTUAL", { ...ssl, ...props })).toMatch(/^[\w-]{22}$/);
    expect(await refusal("MUTUAL", ssl)).toMatchObject({
      message: expect.stringMatching(/certificate/) as string,
    });
  });

  test.each([
    ["PLAIN", plain],
    ["SCRAM-SHA-256", (password: string) => scram(256, password)],
    ["SCRAM-SHA-512", (password: string) => scram(512, password)],
  ])("%s: the password is accepted, a wrong one refused at once", async (mechanism, login) => {
    expect(await clusterId("PASSWORDS", login(PASSWORD))).toMatch(/^[\w-]{22}$/);
    const error = await refusal("PASSWORDS", login("guessed"));
    expect(error).toMatchObject({ code: "SASL_AUTHENTICATION_FAILED", retriable: false });
    expect(error?.message).toMatch(
      new RegExp(`refused the ${mechanism} credentials of user alice.*check sasl.jaas.config`),
    );
  });

  test("OAUTHBEARER: a token is accepted, an expired one refused with the broker's reason", async () => {
    expect(await clusterId("TOKENS", token(60))).toMatch(/^[\w-]{22}$/);
    const error = await refusal("TOKENS", token(-60));
    expect(error).toMatchObject({ code: "SASL_AUTHENTICATION_FAILED", retriable: false });
    expect(error?.message).toMatch(/refused the OAUTHBEARER credentials/);
  });

  test("SCRAM over TLS", async () => {
    const props = { ...scram(512, PASSWORD), "security.protocol": "SASL_SSL", ...trust() };
    expect(await clusterId("BOTH", props)).toMatch(/^[\w-]{22}$/);
  });

  test("a mechanism that the listener does not offer is refused, with those it does", async () => {
    const error = await refusal("PASSWORDS", token(60));
    expect(error).toMatchObject({ code: "UNSUPPORTED_SASL_MECHANISM", retriable: false });
    for (const offered of ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
      expect(error?.message).toContain(offered);
  });

  test.each([
    ["no TLS to a listener that wants it", "TLS", {}],
    ["TLS to a listener without it", "PASSWORDS", { "security.protocol": "SSL" }],
    ["no login to a listener that wants one", "PASSWORDS", {}],
    ["a login to a listener that takes none", "PLAINTEXT", plain(PASSWORD)],
  ])("%s: the error points to security.protocol", async (_what, listener, props) => {
    const error = await refusal(listener, { ...props, ...trust() });
    expect(error?.message).toMatch(/security\.protocol/);
  });

  test("a producer with a wrong password fails its records at once", async () => {
    const topic = await createTopic(kafka.bootstrapServers);
    await using client = connect("PASSWORDS", plain("guessed"));
    await using producer = new Producer(client);
    const group = producer.group();
    group.append(topic, 0, -1, null, "x");
    const { error } = await group.send();
    expect(error).toMatchObject({ code: "SASL_AUTHENTICATION_FAILED", topic: undefined });
  });
});
