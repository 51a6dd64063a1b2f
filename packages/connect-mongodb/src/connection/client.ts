import { readFileSync } from "node:fs";
import { ConfigError } from "@millrace/connect-api";
import { MongoClient, type MongoClientOptions } from "mongodb";
import type { ConnectionConfig } from "./config.ts";
import { withoutSecrets } from "./connection-string.ts";

/**
 * A client of the deployment, not connected yet.
 * @param options the driver's own, which stand above those of the connection string
 * @throws {ConfigError} when a file cannot be read or is of a kind that is not supported
 */
export function makeClient(
  config: ConnectionConfig,
  options: MongoClientOptions = {},
): MongoClient {
  const uri = config["connection.uri"].value();
  const all = {
    ...(!/[?&]appName=/i.test(uri) && { appName: "millrace" }),
    ...serverApi(config),
    ...tls(config),
    ...options,
  };
  try {
    return new MongoClient(uri, all);
  } catch (error) {
    // The cause is left out: it may repeat the string with its password (I5).
    const why = (error as Error).message.replaceAll(uri, withoutSecrets(uri));
    throw new ConfigError("connection.uri", withoutSecrets(uri), why);
  }
}

function serverApi(config: ConnectionConfig): MongoClientOptions {
  const version = config["server.api.version"];
  if (version === "") return {};
  if (version !== "1") {
    throw new ConfigError("server.api.version", version, "1 is the only version there is");
  }
  return {
    serverApi: {
      version,
      strict: config["server.api.strict"],
      deprecationErrors: config["server.api.deprecation.errors"],
    },
  };
}

function tls(config: ConnectionConfig): MongoClientOptions {
  const truststore = config["connection.ssl.truststore"];
  const keystore = config["connection.ssl.keystore"];
  if (truststore === "" && keystore === "") return {};
  return {
    tls: true,
    ...(truststore !== "" && { ca: pem("connection.ssl.truststore", truststore) }),
    ...(keystore !== "" && identity(keystore, config["connection.ssl.keystorePassword"].value())),
  };
}

function identity(file: string, passphrase: string): MongoClientOptions {
  const content = read("connection.ssl.keystore", file);
  const password = passphrase === "" ? {} : { passphrase };
  if (isPem(content)) return { cert: content, key: content, ...password };
  refuseJks("connection.ssl.keystore", file, content);
  return { pfx: content, ...password };
}

function pem(key: string, file: string): Buffer {
  const content = read(key, file);
  refuseJks(key, file, content);
  if (isPem(content)) return content;
  throw new ConfigError(
    key,
    file,
    "It is not in PEM. Export it: keytool -exportcert -rfc, or openssl pkcs12 -nokeys",
  );
}

/** Java's own format begins with these bytes. */
function refuseJks(key: string, file: string, content: Buffer): void {
  if (!content.subarray(0, 4).equals(Buffer.from("feedfeed", "hex"))) return;
  const remedy = "It is a JKS file. Convert it: keytool -importkeystore -deststoretype PKCS12";
  throw new ConfigError(key, file, remedy);
}

function isPem(content: Buffer): boolean {
  return content.includes("-----BEGIN ");
}

function read(key: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(key, file, `It cannot be read (${code})`, { cause: error });
  }
}
