import { X509Certificate, createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

import { Pkcs12Error, readPkcs12 } from "./pkcs12.ts";

const fixture = (name: string) =>
  readFileSync(new URL(`../test/fixtures/${name}`, import.meta.url));
const expected = new X509Certificate(fixture("client.crt"));

test.each([
  ["modern.p12", "keytool of today: AES, PBKDF2"],
  ["quick.p12", "OpenSSL: AES, one round"],
  ["triple-des.p12", "3DES and PKCS #12 key derivation"],
])("%s: key and certificate (%s)", (name) => {
  const { certificates, privateKeys } = readPkcs12(fixture(name), "store-secret");
  expect(certificates.map((der) => new X509Certificate(der).fingerprint256)).toEqual([
    expected.fingerprint256,
  ]);
  expect(privateKeys.length).toBe(1);
  const key = createPrivateKey({ key: privateKeys[0]!, format: "der", type: "pkcs8" });
  expect(expected.checkPrivateKey(key)).toBe(true);
});

test.each(["trust.p12", "openssl-trust.p12"])("%s: certificates without a key", (name) => {
  const { certificates, privateKeys } = readPkcs12(fixture(name), "store-secret");
  expect(certificates.map((der) => new X509Certificate(der).fingerprint256)).toEqual([
    expected.fingerprint256,
  ]);
  expect(privateKeys).toEqual([]);
});

test.each([
  ["modern.p12", "wrong", /password is wrong/],
  ["modern.p12", "", /password is wrong/],
  ["triple-des.p12", "Store-secret", /password is wrong/],
  ["legacy.p12", "store-secret", /outdated.*keytool/],
  ["trust.jks", "store-secret", /no PKCS #12 store/],
  ["client.crt", "store-secret", /no PKCS #12 store/],
  ["make.sh", "store-secret", /no PKCS #12 store/],
])("%s with password %j is refused", (name, password, message) => {
  expect(() => readPkcs12(fixture(name), password)).toThrow(Pkcs12Error);
  expect(() => readPkcs12(fixture(name), password)).toThrow(message);
});

test("a store cut off or changed anywhere is refused, never half read", () => {
  const whole = fixture("quick.p12");
  for (let length = 0; length < whole.length; length += 7)
    expect(() => readPkcs12(whole.subarray(0, length), "store-secret")).toThrow(Pkcs12Error);
  for (let at = 30; at < whole.length; at += 11) {
    const changed = Buffer.from(whole);
    changed[at]! ^= 0x55;
    // What can be read at all is the whole: the byte then meant nothing, as in a friendly name.
    expect([Pkcs12Error, readPkcs12(whole, "store-secret")]).toContainEqual(attempt(changed));
  }
});

/** What it read, or the class of its error. */
function attempt(store: Buffer): unknown {
  try {
    return readPkcs12(store, "store-secret");
  } catch (error) {
    return (error as Error).constructor;
  }
}
