import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

import { JavaValues } from "../java-settings/values.ts";
import { tlsSettings } from "./security.ts";
import { tlsOptions } from "./tls.ts";

const path = (name: string) =>
  fileURLToPath(new URL(`../../../java-tls/test/fixtures/${name}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "tls-"));
afterAll(() => rmSync(folder, { recursive: true }));

const certificate = readFileSync(path("client.crt"), "utf8");
const encryptedKey = readFileSync(path("encrypted-key.pem"), "utf8");
const password = { "ssl.truststore.password": "store-secret" };
const keyPassword = { "ssl.keystore.password": "store-secret" };

const options = (props: Record<string, string>) => tlsOptions(new JavaValues(props, "admin"));

test.each<Record<string, string>>([
  { "ssl.truststore.type": "PEM", "ssl.truststore.certificates": certificate },
  { "ssl.truststore.type": "PEM", "ssl.truststore.location": path("client.crt") },
  { "ssl.truststore.type": "PKCS12", "ssl.truststore.location": path("trust.p12"), ...password },
  // Java's default type opens PKCS #12 files too.
  { "ssl.truststore.location": path("trust.p12"), ...password },
])("authorities to trust: %j", (props) => {
  const authorities = [options(props).ca].flat() as string[];
  expect(authorities.map((pem) => new X509Certificate(pem).fingerprint256)).toEqual([
    new X509Certificate(certificate).fingerprint256,
  ]);
});

test.each<Record<string, string>>([
  {
    "ssl.keystore.type": "PEM",
    "ssl.keystore.key": encryptedKey,
    "ssl.keystore.certificate.chain": certificate,
    "ssl.key.password": "key-secret",
  },
  { "ssl.keystore.location": path("modern.p12"), ...keyPassword },
  {
    "ssl.keystore.type": "PKCS12",
    "ssl.keystore.location": path("triple-des.p12"),
    ...keyPassword,
  },
])("our own certificate: %j", (props) => {
  const { key, cert } = options(props) as { key: string; cert: string };
  expect(() => createSecureContext({ key, cert })).not.toThrow();
  expect(cert).toContain("BEGIN CERTIFICATE");
});

test("a PEM file with key and certificate", () => {
  const file = join(folder, "both.pem");
  writeFileSync(file, encryptedKey + certificate);
  const props = { "ssl.keystore.type": "PEM", "ssl.keystore.location": file };
  const { key } = options({ ...props, "ssl.key.password": "key-secret" });
  expect(key as string).toContain("BEGIN PRIVATE KEY");
  expect(() => options(props)).toThrow(/ssl.keystore.location.*check ssl.key.password/);
});

test("protocols and cipher suites in Java's names", () => {
  expect(options({})).toMatchObject({ minVersion: "TLSv1.2" });
  expect(options({ "ssl.enabled.protocols": "TLSv1.3" })).toEqual({
    minVersion: "TLSv1.3",
    maxVersion: "TLSv1.3",
  });
  const suites =
    "TLS_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,TLS_RSA_WITH_AES_256_CBC_SHA256";
  expect(options({ "ssl.cipher.suites": suites }).ciphers).toBe(
    "TLS_AES_256_GCM_SHA384:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:AES256-SHA256",
  );
});

test("the host name check can be turned off, as in Java", () => {
  const off = options({ "ssl.endpoint.identification.algorithm": "" });
  expect(off.checkServerIdentity?.("h", {} as never)).toBeUndefined();
  expect(options({ "ssl.endpoint.identification.algorithm": "HTTPS" })).not.toHaveProperty(
    "checkServerIdentity",
  );
});

const inlineKey = { "ssl.keystore.key": encryptedKey };
test.each<[Record<string, string>, RegExp]>([
  [{ "ssl.truststore.location": "/no/such/file" }, /ssl.truststore.location.*ENOENT/],
  [{ "ssl.truststore.location": path("trust.jks") }, /JKS.*keytool -importkeystore/],
  [{ "ssl.truststore.location": path("trust.p12") }, /password is wrong.*password is not set/],
  [{ "ssl.truststore.location": path("make.sh"), ...password }, /no PKCS #12 store/],
  [{ "ssl.truststore.certificates": certificate }, /needs ssl.truststore.type=PEM/],
  [{ "ssl.truststore.type": "PEM", "ssl.truststore.certificates": "x" }, /no PEM certificate/],
  [
    {
      "ssl.truststore.type": "PEM",
      "ssl.truststore.certificates": "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----",
    },
    /certificate 1 in it can't be read/,
  ],
  [{ "ssl.keystore.type": "PEM", ...inlineKey }, /ssl.keystore.certificate.chain/],
  [
    { "ssl.keystore.type": "PEM", ...inlineKey, "ssl.keystore.certificate.chain": certificate },
    /ssl.keystore.key: the private key can't be read; check ssl.key.password/,
  ],
  [{ "ssl.keystore.location": path("trust.p12"), ...keyPassword }, /no private key/],
  [{ "ssl.enabled.protocols": "SSLv3" }, /SSLv3 is not one of/],
  [{ "ssl.cipher.suites": "TLS_NULL_WITH_NULL_NULL" }, /not available/],
  [{ "ssl.endpoint.identification.algorithm": "ldaps" }, /https, or empty/],
])("%j is refused by name, without a secret", (props, message) => {
  expect(() => options(props)).toThrow(message);
  expect(() => options(props)).not.toThrow(/store-secret|PRIVATE KEY/);
});

test("messages name settings as operators write them, prefix and all", () => {
  const prefixed = (props: Record<string, string>) => () => tlsSettings(props, "listeners.https.");
  const file = { "ssl.keystore.location": path("modern.p12") };
  expect(prefixed({ ...file, "ssl.keystore.password": "wrong" })).toThrow(
    /^Invalid configuration listeners\.https\.ssl\.keystore\.location: the password is wrong/,
  );
  expect(prefixed(file)).toThrow(/listeners\.https\.ssl\.keystore\.password is not set/);
  expect(prefixed({ "ssl.keystore.type": "PEM", "ssl.keystore.key": encryptedKey })).toThrow(
    /configuration listeners\.https\.ssl\.keystore\.certificate\.chain: listeners\.https\.ssl\.keystore\.key was/,
  );
  expect(prefixed({ "ssl.engine.factory.class": "x.Y" })).toThrow(
    /configuration listeners\.https\.ssl\.engine\.factory\.class/,
  );
  expect(prefixed({ "ssl.enabled.protocols": "SSLv3" })).toThrow(/listeners\.https\.ssl\.enabled/);
});
