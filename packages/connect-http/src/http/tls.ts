import { readFile } from "node:fs/promises";
import { ConfigError } from "@millrace/connect-api";

/** Options of Node's `tls.connect`, as far as configurations speak of them. */
export interface TlsSettings {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly pfx?: Buffer;
  readonly passphrase?: string;
  /** False trusts anybody. */
  readonly rejectUnauthorized?: boolean;
  /** Given to leave the host name out of what is checked. */
  readonly checkServerIdentity?: () => undefined;
}

/** Files and their passwords, before they are read. */
export interface TlsFiles {
  readonly trustStore: { readonly key: string; readonly path: string } | null;
  readonly keyStore: {
    readonly key: string;
    readonly path: string;
    readonly password: string | null;
  } | null;
  readonly trustAll: boolean;
  readonly verifyHost: boolean;
}

/**
 * Reads the files: trust stores as PEM, key stores as PEM (certificates and private key)
 * or PKCS #12.
 * @throws {ConfigError} naming the key of a file that cannot be read or has another format
 */
export async function loadTls(files: TlsFiles): Promise<TlsSettings> {
  const { trustStore, keyStore, trustAll, verifyHost } = files;
  return {
    ...(trustStore !== null && { ca: await readTrust(trustStore) }),
    ...(keyStore !== null && (await readKeys(keyStore))),
    ...(trustAll && { rejectUnauthorized: false }),
    ...(!verifyHost && { checkServerIdentity: () => undefined }),
  };
}

async function readTrust({ key, path }: { key: string; path: string }): Promise<string> {
  const text = (await read(key, path)).toString("latin1");
  if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  throw new ConfigError(
    key,
    path,
    "not a PEM file with certificates; export those of a Java key store with keytool -list -rfc",
  );
}

async function readKeys(store: {
  key: string;
  path: string;
  password: string | null;
}): Promise<TlsSettings> {
  const { key, path, password } = store;
  const bytes = await read(key, path);
  const passphrase = password === null ? {} : { passphrase: password };
  const text = bytes.toString("latin1");
  if (text.includes("-----BEGIN")) return { cert: text, key: text, ...passphrase };
  // A Java key store begins with this number.
  if (bytes.length > 4 && bytes.readUInt32BE(0) === 0xfeedfeed) {
    throw new ConfigError(
      key,
      path,
      "a Java key store (JKS); convert it with keytool -importkeystore -deststoretype pkcs12",
    );
  }
  return { pfx: bytes, ...passphrase };
}

async function read(key: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new ConfigError(key, path, `cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
