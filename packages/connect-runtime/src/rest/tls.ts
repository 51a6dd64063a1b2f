import { X509Certificate } from "node:crypto";
import { createSecureContext, type TlsOptions } from "node:tls";
import { ConfigError, type Logger, type Props } from "@millrace/connect-api";
import { tlsSettings, type TlsSettings } from "@millrace/kafka-client";
import { withoutPrefix } from "../config/properties.ts";
import { RenewedTls } from "./renewed-tls.ts";

/** Before the keys of the REST API's https listeners. */
const MAIN = "listeners.https.";
/** Before those of the https listeners that serve the admin endpoints alone. */
const ADMIN = "admin.listeners.https.";

const CLIENT_AUTH = ["none", "requested", "required"] as const;

/** What an https listener needs. */
export interface ListenerTls extends TlsOptions {
  /** Whether a client must show a certificate, may, or is not asked for one. */
  readonly clientAuth: (typeof CLIENT_AUTH)[number];
}

/**
 * TLS of https listeners (Java: `SSLUtils.createServerSideSslContextFactory`). Java starts on
 * certificates that no client will accept; this worker says so at once (I6).
 * @param props the worker's properties
 * @throws {ConfigError} naming the key and the remedy; nothing secret is in it (I5)
 */
export function listenerTls(props: Props, part: "main" | "admin"): ListenerTls {
  const { settings, prefix, clientAuth } = settingsOf(props, part === "main" ? MAIN : ADMIN);
  const { checkServerIdentity: _, ...options } = read(settings, prefix);
  const key = `${prefix}ssl.keystore.location`;
  if (options.cert === undefined) {
    throw new ConfigError(
      `Invalid configuration ${key}: an https listener needs a key store with its certificate and private key (PKCS12 or PEM)`,
    );
  }
  if (clientAuth !== "none" && options.ca === undefined) {
    throw new ConfigError(
      `Invalid configuration ${prefix}ssl.truststore.location: ${prefix}ssl.client.auth=${clientAuth} needs the authorities that sign clients' certificates; without, anybody with a certificate of a public authority would be let in`,
    );
  }
  checkDates(String(options.cert), key);
  check(options, key);
  return {
    ...options,
    clientAuth,
    requestCert: clientAuth !== "none",
    rejectUnauthorized: clientAuth === "required",
  };
}

/**
 * TLS of requests to other workers: the keys are those of the listeners, the certificate shown
 * is this worker's own (Java: `RestClient`). Unlike in Java, names are checked against
 * certificates also where `listeners.https.*` do not ask for it.
 * @throws {ConfigError} as above
 */
export function clientTls(props: Props): TlsSettings {
  const { settings, prefix } = settingsOf(props, MAIN);
  return read(settings, prefix);
}

/** `listenerTls`, read anew when the files have changed. @throws {ConfigError} as above */
export function renewedListenerTls(
  props: Props,
  part: "main" | "admin",
  logger: Logger,
): RenewedTls<ListenerTls> {
  const files = filesOf(props, part === "main" ? MAIN : ADMIN);
  return new RenewedTls(files, () => listenerTls(props, part), logger);
}

/** `clientTls`, read anew when the files have changed. @throws {ConfigError} as above */
export function renewedClientTls(props: Props, logger: Logger): RenewedTls<TlsSettings> {
  return new RenewedTls(filesOf(props, MAIN), () => clientTls(props), logger);
}

function filesOf(props: Props, ownPrefix: string): string[] {
  const { settings } = settingsOf(props, ownPrefix);
  return ["ssl.keystore.location", "ssl.truststore.location"].flatMap((key) => {
    const file = settings[key]?.trim();
    return file ? [file] : [];
  });
}

/** The prefixed keys if there are any, and then only those (Java: `valuesWithPrefixAllOrNothing`). */
function settingsOf(
  props: Props,
  ownPrefix: string,
): { settings: Props; prefix: string; clientAuth: ListenerTls["clientAuth"] } {
  const own = withoutPrefix(props, ownPrefix);
  const prefixed = Object.keys(own).length > 0;
  const from = prefixed ? own : props;
  const prefix = prefixed ? ownPrefix : "";
  const ssl = Object.entries(from).filter(([key]) => key.startsWith("ssl."));
  const { "ssl.client.auth": auth = "none", ...settings } = Object.fromEntries(ssl);
  const clientAuth = CLIENT_AUTH.find((one) => one === auth.trim().toLowerCase());
  if (clientAuth !== undefined) return { settings, prefix, clientAuth };
  throw new ConfigError(
    `${prefix}ssl.client.auth`,
    auth,
    `must be one of: ${CLIENT_AUTH.join(", ")}`,
  );
}

function read(settings: Props, prefix: string): TlsSettings {
  try {
    return tlsSettings(settings, prefix);
  } catch (error) {
    throw new ConfigError((error as Error).message);
  }
}

function checkDates(pem: string, key: string): void {
  const { validFrom, validTo, subject } = new X509Certificate(pem);
  const now = Date.now();
  if (now >= Date.parse(validFrom) && now <= Date.parse(validTo)) return;
  throw new ConfigError(
    `Invalid configuration ${key}: the certificate of ${subject.replaceAll("\n", ", ")} is valid from ${validFrom} to ${validTo} only, clients would refuse it: renew it`,
  );
}

/** What OpenSSL refuses would otherwise end the process as the listener is made. */
function check(options: TlsSettings, key: string): void {
  try {
    createSecureContext(options);
  } catch (error) {
    throw new ConfigError(
      `Invalid configuration ${key}: the certificate or its key cannot be used: ${(error as Error).message}`,
    );
  }
}
