import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { ConnectionOptions } from "node:tls";
import { ConfigError } from "@millrace/connect-api";
import type { Config } from "./config.ts";

type TlsKey = "database.sslcert" | "database.sslkey" | "database.sslrootcert";

/** The ways to connect, in the order to try them: TLS options, or false for none. */
export function tlsChoices(config: Config): (ConnectionOptions | false)[] {
  const mode = config["database.sslmode"].toLowerCase();
  if (mode === "disable") return [false];
  const tls = tlsOptions(config, mode);
  if (mode === "allow") return [false, tls];
  return mode === "prefer" ? [tls, false] : [tls];
}

function tlsOptions(config: Config, mode: string): ConnectionOptions {
  const verifies = mode === "verify-ca" || mode === "verify-full";
  const ca = verifies ? readFile(config, "database.sslrootcert", "root.crt") : undefined;
  return {
    rejectUnauthorized: verifies,
    ...(ca && { ca }),
    ...clientCertificate(config),
    // verify-ca asks who signed the certificate, not for whom.
    ...(mode === "verify-ca" && { checkServerIdentity: () => undefined }),
  };
}

function clientCertificate(config: Config): ConnectionOptions {
  const secret = config["database.sslpassword"];
  const withPassphrase = secret === null ? {} : { passphrase: secret.value() };
  const key = readFile(config, "database.sslkey", "postgresql.pk8");
  if (key === undefined) return {};
  const path = config["database.sslkey"];
  if (/\.(p12|pfx)$/.test(path ?? "")) return { pfx: key, ...withPassphrase };
  const cert = readFile(config, "database.sslcert", "postgresql.crt");
  if (cert === undefined) return {};
  if (key.includes("-----BEGIN")) return { key, cert, ...withPassphrase };
  try {
    const parsed = createPrivateKey({ key, format: "der", type: "pkcs8", ...withPassphrase });
    return { key: parsed.export({ format: "pem", type: "pkcs8" }), cert };
  } catch (cause) {
    throw new ConfigError(
      "database.sslkey",
      path,
      "The file is no PKCS #8 key that database.sslpassword opens",
      { cause },
    );
  }
}

/** The file that the key names, else libpq's default one where that exists. */
function readFile(config: Config, key: TlsKey, fallback: string): Buffer | undefined {
  const path = config[key];
  try {
    return readFileSync(path ?? join(homedir(), ".postgresql", fallback));
  } catch (cause) {
    if (path === null) return undefined;
    throw new ConfigError(key, path, "The file cannot be read", { cause });
  }
}
