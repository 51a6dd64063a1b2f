import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificates } from "@millrace/services";
import { describe, expect, onTestFinished, test } from "vitest";
import { ConnectClient } from "../src/client/connect-client.ts";
import { HttpClient } from "../src/client/http.ts";
import { ctl } from "./support/ctl.ts";
import { closedUrl, restServer } from "./support/rest-server.ts";

const REBALANCE = `{"error_code":409,"message":"Cannot complete request momentarily due to no known leader URL, likely because a rebalance was underway."}`;
const EXISTS = `{"error_code":409,"message":"Connector a already exists"}`;
const EXPECTED = `{"error_code":500,"message":"Request cannot be completed because a rebalance is expected"}`;

describe("several workers", () => {
  test("the next one is asked where nobody listens", async () => {
    const worker = await restServer(() => ({ body: `["a"]` }));
    const client = new ConnectClient(new HttpClient({ urls: [await closedUrl(), worker.url] }));
    expect(await client.names()).toEqual(["a"]);
  });

  test("what was sent to one is not sent to another", async () => {
    const first = await restServer(() => ({ hangUp: true }));
    const second = await restServer(() => ({ status: 204 }));
    const { code, err } = await ctl(["delete", "a", "--url", `${first.url},${second.url}`]);
    expect(code).toBe(3);
    expect(err).toMatch(/took DELETE \/connectors\/a.*Whether it was carried out is not known/);
    expect(second.received).toEqual([]);
  });

  test("all are named when none can be reached, also on a path behind a proxy", async () => {
    const [first, second] = [await closedUrl(), `${await closedUrl()}/connect`];
    const { code, err, out } = await ctl(["list", "--url", `${first}, ${second}/`]);
    expect({ code, out }).toEqual({ code: 3, out: "" });
    expect(err).toBe(
      `No worker could be reached:\n  ${first}: nobody listens there (connection refused)\n  ${second}: nobody listens there (connection refused)\n`,
    );
  });
});

describe("a rebalance", () => {
  test.each([
    [409, REBALANCE],
    [500, EXPECTED],
  ])("with %i is waited for", async (status, body) => {
    const worker = await restServer((_, count) => (count < 3 ? { status, body } : { status: 202 }));
    const { code, err, out } = await ctl(["pause", "a", "--url", worker.url]);
    expect({ code, out }).toEqual({ code: 0, out: "a was told to pause\n" });
    expect(err).toBe("The cluster is rebalancing: trying again …\n");
    expect(worker.received).toHaveLength(3);
  });

  test("that does not end is told with 6", async () => {
    const worker = await restServer(() => ({ status: 409, body: REBALANCE }));
    const { code, err } = await ctl(["pause", "a", "--retry", "0", "--url", worker.url]);
    expect(code).toBe(6);
    expect(err).toContain("likely because a rebalance was underway");
    expect(worker.received).toHaveLength(1);
  });

  test("is not what a connector that exists is", async () => {
    const worker = await restServer(() => ({ status: 409, body: EXISTS }));
    const input = `{"name":"a","connector.class":"x"}`;
    const { code, err } = await ctl(["create", "-f", "-", "--url", worker.url], { input });
    expect({ code, err }).toEqual({ code: 1, err: "Connector a already exists\n" });
    expect(worker.received).toHaveLength(1);
  });
});

describe("who asks", () => {
  test("shows user and password, which nobody else sees", async () => {
    const worker = await restServer(({ headers }) =>
      headers.authorization === `Basic ${Buffer.from("me:hunter2").toString("base64")}`
        ? { body: "[]" }
        : { status: 401, headers: { "content-type": "text/plain" }, body: "no" },
    );
    const url = worker.url;
    const env = { CONNECT_URL: url, CONNECT_USER: "me", CONNECT_PASSWORD: "hunter2" };
    expect(await ctl(["plugins", "-o", "json"], { env })).toEqual({
      code: 0,
      out: "[]\n",
      err: "",
    });
    const refused = await ctl(["plugins"], { env: { ...env, CONNECT_PASSWORD: "hunter3" } });
    expect(refused.code).toBe(5);
    expect(refused.err).toContain("CONNECT_PASSWORD");
    expect(refused.err).not.toContain("hunter");
  });

  test("is not sent elsewhere by a redirect, and gets no page for an answer", async () => {
    const moved = await restServer(() => ({ status: 302, headers: { location: "http://x/" } }));
    expect((await ctl(["plugins", "--url", moved.url])).code).toBe(1);
    const page = await restServer(() => ({
      headers: { "content-type": "text/html" },
      body: "<html>hello</html>",
    }));
    const { code, err } = await ctl(["plugins", "--url", page.url]);
    expect(code).toBe(1);
    expect(err).toContain("is it the REST API of a Kafka Connect worker?");
  });
});

describe("TLS", () => {
  // Making keys takes its time on a busy machine.
  test("is checked, and may be mutual", { timeout: 60_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), "ctl-tls-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const { server, forClients } = await makeCertificates(folder);
    const tls = { cert: server.certificate, key: server.key, ca: forClients.ca };
    const oneSided = await restServer(() => ({ body: "[]" }), tls);
    const mutual = await restServer(() => ({ body: "[]" }), {
      ...tls,
      requestCert: true,
      rejectUnauthorized: true,
    });
    const { ca, certificate, key } = forClients.files;

    const unknown = await ctl(["plugins", "--url", oneSided.url]);
    expect(unknown.code).toBe(3);
    expect(unknown.err).toContain("--ca");
    expect((await ctl(["plugins", "--url", oneSided.url, "--ca", ca])).code).toBe(0);
    const insecure = await ctl(["plugins", "--url", oneSided.url, "--insecure"]);
    expect(insecure.code).toBe(0);
    expect(insecure.err).toContain("not checked");

    expect((await ctl(["plugins", "--url", mutual.url, "--ca", ca])).code).toBe(3);
    const identified = ["--ca", ca, "--cert", certificate, "--key", key];
    expect((await ctl(["plugins", "--url", mutual.url, ...identified])).code).toBe(0);
    const plain = await ctl(["plugins", "--url", mutual.url.replace("https", "http")]);
    expect(plain.code).not.toBe(0);
    const wrong = await ctl([
      "plugins",
      "--url",
      (await restServer(() => ({}))).url.replace("http", "https"),
    ]);
    expect(wrong.err).toContain("does not speak TLS");
  });
});
