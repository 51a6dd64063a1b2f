import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { makeCertificates, sharedElasticsearch, startElasticsearch } from "@millrace/services";
import { describe, expect, test } from "vitest";
import { ElasticsearchSinkConnector } from "../src/index.ts";
import { documents, dropIndex, uniqueName } from "./elasticsearch.ts";
import { FaultProxy } from "./fault-proxy.ts";
import { commitUntil, record, startElasticsearchSink } from "./sink.ts";
import { TunnelProxy } from "./tunnel-proxy.ts";

const connectionErrors = async (props: Record<string, string>) => {
  const values = await new ElasticsearchSinkConnector().validate({ topics: "t", ...props });
  return Object.fromEntries(
    values.filter(({ errors }) => errors.length > 0).map(({ name, errors }) => [name, errors[0]]),
  );
};

test("a server with security on: a wrong password is refused, missing rights are named", async () => {
  // Who says nothing is a guest that may look at the cluster and do nothing else.
  await using server = await startElasticsearch({
    settings: {
      "xpack.security.enabled": true,
      "xpack.security.authc.anonymous.username": "guest",
      "xpack.security.authc.anonymous.roles": "remote_monitoring_agent",
      "xpack.security.authc.anonymous.authz_exception": true,
    },
  });
  const guest = { "connection.url": server.url };
  expect(await connectionErrors(guest)).toEqual({});
  const stranger = {
    ...guest,
    "connection.username": "stranger",
    "connection.password": "hunter2",
  };
  const refusal = `Cannot connect at ${server.url}: it refused user name stranger or its password (401): check connection.username and connection.password`;
  expect(await connectionErrors(stranger)).toEqual({
    "connection.username": refusal,
    "connection.password": refusal,
  });

  const topic = uniqueName();
  await using run = await startElasticsearchSink(topic, guest);
  await expect(run.put([record(topic, 0, "k", { n: 0 })])).rejects.toThrow(
    /^Cannot look for index .* status 403: .*; give the user of connection.username the privileges create_index/,
  );
});

describe("https", () => {
  test("certificates are verified; those of a trusted authority are taken", async () => {
    const folder = await mkdtemp(join(tmpdir(), "es-sink-"));
    const trusted = getCACertificates("default");
    const topic = uniqueName();
    try {
      const { server, forClients } = await makeCertificates(folder);
      await using proxy = await FaultProxy.start(await sharedElasticsearch(), server);
      const props = { "connection.url": proxy.url };
      expect((await connectionErrors(props))["connection.url"]).toMatch(
        /^Cannot connect at https:.*certificate.*NODE_EXTRA_CA_CERTS/,
      );

      setDefaultCACertificates([...trusted, forClients.ca]);
      expect(await connectionErrors(props)).toEqual({});
      await using run = await startElasticsearchSink(topic, props);
      await run.put([record(topic, 0, "k", { n: 0 })]);
      await commitUntil(run, topic, 1);
      expect(await documents(topic)).toEqual(new Map([["k", { n: 0 }]]));
    } finally {
      setDefaultCACertificates(trusted);
      await dropIndex(topic);
      await rm(folder, { recursive: true });
    }
  });

  test.each(["PKCS #12", "PEM"])("elastic.https.* keys count with SSL: %s", async (format) => {
    const folder = await mkdtemp(join(tmpdir(), "es-sink-"));
    const topic = uniqueName();
    try {
      const { server, forClients } = await makeCertificates(folder);
      const { files, storePassword } = forClients;
      await using proxy = await FaultProxy.start(await sharedElasticsearch(), {
        ...server,
        authority: forClients.ca,
      });
      const props = {
        "connection.url": proxy.url,
        "elastic.security.protocol": "SSL",
        ...(format === "PEM"
          ? {
              "elastic.https.ssl.truststore.location": files.ca,
              "elastic.https.ssl.keystore.type": "PEM",
              "elastic.https.ssl.keystore.key": forClients.client.key,
              "elastic.https.ssl.keystore.certificate.chain": forClients.client.certificate,
            }
          : {
              "elastic.https.ssl.truststore.location": files.keystore,
              "elastic.https.ssl.truststore.password": storePassword,
              "elastic.https.ssl.keystore.location": files.keystore,
              "elastic.https.ssl.keystore.password": storePassword,
            }),
      };
      expect(await connectionErrors(props)).toEqual({});
      await using run = await startElasticsearchSink(topic, props);
      await run.put([record(topic, 0, "k", { n: 0 })]);
      await commitUntil(run, topic, 1);
      expect(await documents(topic)).toEqual(new Map([["k", { n: 0 }]]));

      // Who shows no certificate is turned away.
      const nobody = {
        "connection.url": proxy.url,
        "elastic.security.protocol": "SSL",
        "elastic.https.ssl.truststore.location": files.ca,
      };
      expect((await connectionErrors(nobody))["connection.url"]).toMatch(/^Cannot connect at/);
      const wrong = { ...props, "elastic.https.ssl.keystore.location": files.keystore };
      const errors = await connectionErrors({
        ...wrong,
        "elastic.https.ssl.keystore.type": "PKCS12",
        "elastic.https.ssl.keystore.key": "",
        "elastic.https.ssl.keystore.certificate.chain": "",
        "elastic.https.ssl.keystore.password": "hunter2",
      });
      expect(errors).toEqual({
        "elastic.https.ssl.keystore.location": expect.stringMatching(/password is wrong/),
      });
      expect(JSON.stringify(errors)).not.toContain("hunter2");
    } finally {
      await dropIndex(topic);
      await rm(folder, { recursive: true });
    }
  });
});

describe("a proxy", () => {
  const login = { "proxy.username": "pam", "proxy.password": "p@ss:word" };

  test.each(["http", "https"])("is the way to %s nodes", async (scheme) => {
    const folder = await mkdtemp(join(tmpdir(), "es-sink-"));
    const topic = uniqueName();
    try {
      const { server, forClients } = await makeCertificates(folder);
      await using node = await FaultProxy.start(
        await sharedElasticsearch(),
        scheme === "https" ? server : undefined,
      );
      await using tunnel = await TunnelProxy.start("pam:p@ss:word");
      const props = {
        "connection.url": node.url,
        "proxy.host": "127.0.0.1",
        "proxy.port": String(tunnel.port),
        ...(scheme === "https" && {
          "elastic.security.protocol": "SSL",
          "elastic.https.ssl.truststore.location": forClients.files.ca,
        }),
      };
      expect((await connectionErrors(props))["connection.url"]).toMatch(
        /407.*the proxy 127.0.0.1:\d+ \(proxy\.\*\)/,
      );
      expect(await connectionErrors({ ...props, ...login })).toEqual({});
      await using run = await startElasticsearchSink(topic, { ...props, ...login });
      await run.put([record(topic, 0, "k", { n: 0 })]);
      await commitUntil(run, topic, 1);
      expect(await documents(topic)).toEqual(new Map([["k", { n: 0 }]]));
      expect(tunnel.targets).toContain(new URL(node.url).host);
      expect(node.bulks).toHaveLength(1);
    } finally {
      await dropIndex(topic);
      await rm(folder, { recursive: true });
    }
  });
});
