import { readFileSync } from "node:fs";
import type { SecureContextOptions } from "node:tls";
import { ConfigError, type Password } from "@millrace/connect-api";
import type { RegistryConfig } from "./config.ts";

type TlsOptions = SecureContextOptions & { checkServerIdentity?: () => undefined };

/** What connections to https nodes need. @throws {ConfigError} for a store that cannot be read */
export function tlsOptions(config: RegistryConfig): TlsOptions {
  return { ...trust(config), ...identity(config), ...nameCheck(config) };
}

function trust(config: RegistryConfig): TlsOptions {
  const key = "schema.registry.ssl.truststore.location";
  const ca = pem(config["schema.registry.ssl.truststore.certificates"]);
  if (ca !== undefined) return { ca };
  const location = config[key];
  if (location === null) return {};
  const content = read(key, location);
  // JKS and PKCS #12 are often named by no type at all.
  if (!content.includes("-----BEGIN ")) {
    throw new ConfigError(
      key,
      location,
      "it is no PEM file. Convert it: keytool -exportcert -rfc -keystore truststore.jks -alias ca > ca.pem, then set schema.registry.ssl.truststore.type=PEM",
    );
  }
  return { ca: content };
}

function identity(config: RegistryConfig): TlsOptions {
  const key = "schema.registry.ssl.keystore.location";
  const passphrase = config["schema.registry.ssl.key.password"]?.value();
  const cert = pem(config["schema.registry.ssl.keystore.certificate.chain"]);
  const privateKey = pem(config["schema.registry.ssl.keystore.key"]);
  const withPassphrase = passphrase !== undefined && { passphrase };
  if (cert !== undefined && privateKey !== undefined) {
    return { cert, key: privateKey, ...withPassphrase };
  }
  const location = config[key];
  if (location === null) return {};
  const content = read(key, location);
  switch (config["schema.registry.ssl.keystore.type"]) {
    case "PEM":
      return { cert: content, key: content, ...withPassphrase };
    case "PKCS12":
      return {
        pfx: content,
        passphrase: config["schema.registry.ssl.keystore.password"]?.value() ?? "",
      };
    default:
      throw new ConfigError(
        "schema.registry.ssl.keystore.type",
        "JKS",
        "Java's own format is not read. Convert it: keytool -importkeystore -srckeystore keystore.jks -destkeystore keystore.p12 -deststoretype PKCS12",
      );
  }
}

function nameCheck(config: RegistryConfig): TlsOptions {
  const algorithm = config["schema.registry.ssl.endpoint.identification.algorithm"];
  return algorithm === "" ? { checkServerIdentity: () => undefined } : {};
}

function read(key: string, location: string): Buffer {
  try {
    return readFileSync(location);
  } catch (cause) {
    throw new ConfigError(key, location, (cause as Error).message, { cause });
  }
}

const pem = (secret: Password | null): string | undefined =>
  // In a properties file line ends are often written as \n.
  secret?.value().replaceAll("\\n", "\n");
