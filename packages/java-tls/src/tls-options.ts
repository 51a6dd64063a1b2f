import { X509Certificate, createPrivateKey, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { getCiphers, type ConnectionOptions, type SecureVersion } from "node:tls";

import { Pkcs12Error, readPkcs12 } from "./pkcs12.ts";

/** The settings that are read here. */
type Setting =
  | "ssl.truststore.certificates"
  | "ssl.truststore.location"
  | "ssl.truststore.password"
  | "ssl.truststore.type"
  | "ssl.keystore.key"
  | "ssl.keystore.certificate.chain"
  | "ssl.keystore.location"
  | "ssl.keystore.password"
  | "ssl.keystore.type"
  | "ssl.key.password"
  | "ssl.endpoint.identification.algorithm";
type ListSetting = "ssl.enabled.protocols" | "ssl.cipher.suites";

/** Where the settings are. */
export interface TlsValues {
  /** A setting's name as operators write it, for messages. */
  readonly name: (setting: string) => string;
  /** The text given; undefined where none was, whatever Java's default is. */
  readonly given: (setting: Setting) => string | undefined;
  readonly list: (setting: ListSetting) => readonly string[] | undefined;
}

/** As node:tls takes them; `checkServerIdentity` only where names are not to be checked. */
export type TlsSettings = Pick<
  ConnectionOptions,
  "ca" | "cert" | "key" | "minVersion" | "maxVersion" | "ciphers" | "checkServerIdentity"
>;

/** The settings can't be honoured. The message names the key and the remedy, and shows no secret. */
export class TlsError extends Error {
  /** As operators write it. */
  readonly setting: string;

  constructor(setting: string, why: string, cause?: unknown) {
    super(`Invalid configuration ${setting}: ${why}`, { cause });
    this.setting = setting;
  }
}

/**
 * The ssl.* settings as node:tls options: PEM inline or in a file, or PKCS #12. Without a truststore
 * the authorities that Node trusts count (Java: those of its cacerts).
 * @throws TlsError (I5, I6)
 */
export function tlsOptions(values: TlsValues): TlsSettings {
  return {
    ...trust(values),
    ...identity(values),
    ...protocols(values),
    ...ciphers(values),
    ...hostNameCheck(values),
  };
}

function trust(values: TlsValues): TlsSettings {
  const { name } = values;
  const inline = textOf(values, "ssl.truststore.certificates");
  if (inline !== undefined) {
    requireType(values, "ssl.truststore.type", "ssl.truststore.certificates");
    return { ca: pemCertificates(inline, name("ssl.truststore.certificates")) };
  }
  const location = textOf(values, "ssl.truststore.location");
  if (location === undefined) return {};
  const file = readStore(location, name("ssl.truststore.location"));
  if (isPem(file)) return { ca: pemCertificates(file.toString(), name("ssl.truststore.location")) };
  const password = textOf(values, "ssl.truststore.password");
  const { certificates } = openPkcs12(file, name("ssl.truststore"), password, password);
  if (certificates.length === 0)
    throw invalid(name("ssl.truststore.location"), "it has no certificates");
  return { ca: certificates.map(toPem) };
}

function identity(values: TlsValues): TlsSettings {
  const { name } = values;
  const keyPassword = textOf(values, "ssl.key.password");
  const inline = textOf(values, "ssl.keystore.key");
  const chain = textOf(values, "ssl.keystore.certificate.chain");
  if (inline !== undefined || chain !== undefined) {
    requireType(values, "ssl.keystore.type", "ssl.keystore.key");
    if (inline === undefined)
      throw invalid(
        name("ssl.keystore.key"),
        `${name("ssl.keystore.certificate.chain")} was given without it`,
      );
    if (chain === undefined)
      throw invalid(
        name("ssl.keystore.certificate.chain"),
        `${name("ssl.keystore.key")} was given without it`,
      );
    const key = privateKey(inline, keyPassword, name("ssl.keystore.key"));
    return pair(
      key,
      pemCertificates(chain, name("ssl.keystore.certificate.chain")),
      name("ssl.keystore.certificate.chain"),
    );
  }
  const location = textOf(values, "ssl.keystore.location");
  if (location === undefined) return {};
  const file = readStore(location, name("ssl.keystore.location"));
  if (isPem(file)) {
    const text = file.toString();
    const key = privateKey(text, keyPassword, name("ssl.keystore.location"));
    return pair(
      key,
      pemCertificates(text, name("ssl.keystore.location")),
      name("ssl.keystore.location"),
    );
  }
  const password = textOf(values, "ssl.keystore.password");
  const store = openPkcs12(file, name("ssl.keystore"), password, keyPassword ?? password);
  const [der] = store.privateKeys;
  if (der === undefined) throw invalid(name("ssl.keystore.location"), "it has no private key");
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  return pair(key, store.certificates.map(toPem), name("ssl.keystore.location"));
}

/** The key with its certificate first, then the authorities between it and the root. */
function pair(key: KeyObject, certificates: string[], setting: string): TlsSettings {
  const own = certificates.findIndex((pem) => new X509Certificate(pem).checkPrivateKey(key));
  if (own < 0) throw invalid(setting, "no certificate in it belongs to the private key");
  const [leaf] = certificates.splice(own, 1);
  const pem = key.export({ type: "pkcs8", format: "pem" });
  return { key: pem, cert: [leaf, ...certificates].join("\n") };
}

function protocols(values: TlsValues): TlsSettings {
  const given = values.list("ssl.enabled.protocols");
  if (given === undefined || given.length === 0) return { minVersion: "TLSv1.2" };
  const known: readonly SecureVersion[] = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];
  const versions = given.map((name) => {
    const version = known.find((one) => one === name);
    if (version === undefined)
      throw invalid(
        values.name("ssl.enabled.protocols"),
        `${name} is not one of ${known.join(", ")}`,
      );
    return known.indexOf(version);
  });
  const minVersion = known[Math.min(...versions)]!;
  const maxVersion = known[Math.max(...versions)]!;
  return { minVersion, maxVersion };
}

function ciphers(values: TlsValues): TlsSettings {
  const given = values.list("ssl.cipher.suites");
  if (given === undefined || given.length === 0) return {};
  const known = new Set(getCiphers());
  const names = given.map((suite) => {
    const name = openSslName(suite);
    if (!known.has(name.toLowerCase()))
      throw invalid(
        values.name("ssl.cipher.suites"),
        `the cipher suite ${suite} is not available here`,
      );
    return name;
  });
  return { ciphers: names.join(":") };
}

/** OpenSSL's name of a suite that is named as in Java and RFCs; TLS 1.3 suites have one name only. */
function openSslName(suite: string): string {
  const match = /^TLS_(\w+)_WITH_(\w+)$/.exec(suite);
  if (match === null) return suite;
  const exchange = match[1] === "RSA" ? "" : `${match[1]!.replaceAll("_", "-")}-`;
  const cipher = match[2]!
    .replace(/^AES_(\d+)/, "AES$1")
    .replace("_CBC", "")
    .replace(/^(CHACHA20_POLY1305)_SHA256$/, "$1")
    .replaceAll("_", "-");
  return exchange + cipher;
}

/** An empty ssl.endpoint.identification.algorithm leaves the host name out of the check. */
function hostNameCheck(values: TlsValues): TlsSettings {
  const algorithm = values.given("ssl.endpoint.identification.algorithm")?.toLowerCase();
  if (algorithm === undefined || algorithm === "https") return {};
  if (algorithm === "") return { checkServerIdentity: () => undefined };
  throw invalid(
    values.name("ssl.endpoint.identification.algorithm"),
    "it is https, or empty for no check",
  );
}

/** Java takes inline certificates and keys only with type PEM. */
function requireType(
  values: TlsValues,
  typeKey: "ssl.keystore.type" | "ssl.truststore.type",
  setting: string,
): void {
  if (textOf(values, typeKey)?.toUpperCase() !== "PEM")
    throw invalid(values.name(setting), `it needs ${values.name(typeKey)}=PEM`);
}

function readStore(location: string, setting: string): Buffer {
  let file: Buffer;
  try {
    file = readFileSync(location);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw invalid(setting, `the file ${location} can't be read (${code})`, cause);
  }
  // Java's older default format. Its files say so in their first bytes, whatever type is set.
  if (file.length > 4 && file.readUInt32BE(0) === 0xfeedfeed)
    throw invalid(
      setting,
      `${location} is in JKS format; convert it with ` +
        `keytool -importkeystore -srckeystore ${location} -destkeystore STORE.p12 -deststoretype PKCS12`,
    );
  return file;
}

const isPem = (file: Buffer): boolean => file.includes("-----BEGIN ");

function openPkcs12(
  file: Buffer,
  store: string,
  password: string | undefined,
  keyPassword: string | undefined,
) {
  try {
    return readPkcs12(file, password ?? "", keyPassword);
  } catch (cause) {
    if (!(cause instanceof Pkcs12Error)) throw cause;
    const hint = password === undefined ? `; ${store}.password is not set` : "";
    throw invalid(`${store}.location`, `${cause.message}${hint}`, cause);
  }
}

function pemCertificates(text: string, setting: string): string[] {
  const found = text.match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g) ?? [];
  if (found.length === 0) throw invalid(setting, "it has no PEM certificate");
  return found.map((pem, i) => {
    try {
      return new X509Certificate(pem).toString();
    } catch (cause) {
      throw invalid(setting, `certificate ${i + 1} in it can't be read`, cause);
    }
  });
}

function privateKey(text: string, passphrase: string | undefined, setting: string): KeyObject {
  const pem = /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----[^]*?-----END (?:[A-Z]+ )?PRIVATE KEY-----/;
  const [key] = pem.exec(text) ?? [];
  if (key === undefined) throw invalid(setting, "it has no PEM private key");
  try {
    return createPrivateKey(passphrase === undefined ? key : { key, passphrase });
  } catch (cause) {
    const hint = key.includes("ENCRYPTED")
      ? `; check ${setting.replace(/keystore\..*$/, "key.password")}`
      : "";
    // OpenSSL's own message names no part of the key, but nothing promises that it never will.
    throw invalid(setting, `the private key can't be read${hint}`, { code: codeOf(cause) });
  }
}

function codeOf(error: unknown): unknown {
  return (error as NodeJS.ErrnoException).code;
}

function toPem(der: Buffer): string {
  return new X509Certificate(der).toString();
}

/** The value given and not empty: what null is in Java for a setting without default. */
function textOf(values: TlsValues, setting: Setting): string | undefined {
  const text = values.given(setting);
  return text === "" ? undefined : text;
}

function invalid(setting: string, why: string, cause?: unknown): TlsError {
  return new TlsError(setting, why, cause);
}
