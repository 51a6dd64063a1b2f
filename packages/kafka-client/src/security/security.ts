import type { ConnectionOptions } from "node:tls";

import type { TlsSettings } from "@millrace/java-tls";

import type { SaslOptions } from "../connection/sasl.ts";
import { KafkaError } from "../errors.ts";
import { JavaValues } from "../java-settings/values.ts";
import { parseJaas, type JaasEntry } from "./jaas.ts";
import { oauthTokens } from "./oauth.ts";
import { tlsOptions } from "./tls.ts";

export interface Security {
  tls?: ConnectionOptions;
  sasl?: SaslOptions;
}

/** Mechanism to the login module that sasl.jaas.config has to name. */
const LOGIN_MODULES = {
  PLAIN: "PlainLoginModule",
  "SCRAM-SHA-256": "ScramLoginModule",
  "SCRAM-SHA-512": "ScramLoginModule",
  OAUTHBEARER: "OAuthBearerLoginModule",
} as const;

type Mechanism = keyof typeof LOGIN_MODULES;

/**
 * security.protocol, sasl.* and ssl.*. What can't be honoured is an error: a connection that is less
 * safe than asked for is worse than none. Settings of a protocol that is not chosen are ignored, as
 * in Java.
 * @throws KafkaError INVALID_CONFIG that names the key and the remedy (I5, I6)
 */
export function securityOf(values: JavaValues): Security {
  const protocol = values.text("security.protocol")?.toUpperCase() ?? "PLAINTEXT";
  const usesTls = protocol.endsWith("SSL");
  const usesSasl = protocol.startsWith("SASL_");
  refuseUnsupported(values, usesTls, usesSasl);
  return {
    ...(usesTls ? { tls: tlsOptions(values) } : {}),
    ...(usesSasl ? { sasl: saslOptions(values) } : {}),
  };
}

function refuseUnsupported(values: JavaValues, usesTls: boolean, usesSasl: boolean): void {
  for (const [name, { use }] of values.changed()) {
    const matters = name === "security.providers" || (name.startsWith("ssl.") ? usesTls : usesSasl);
    if (use === "refused" && matters)
      throw invalid(
        values.name(name),
        "this client can't honour it; remove it or connect in another way",
      );
  }
}

/**
 * The `ssl.*` settings for what is no Kafka client, such as the REST server of a worker.
 * @param props `ssl.*` only, without their prefix
 * @param prefix what operators write before each, for messages
 * @throws KafkaError INVALID_CONFIG as above
 */
export function tlsSettings(
  props: Readonly<Record<string, string | undefined>>,
  prefix: string,
): TlsSettings {
  const values = new JavaValues(props, "admin", prefix);
  refuseUnsupported(values, true, false);
  return tlsOptions(values);
}

function saslOptions(values: JavaValues): SaslOptions {
  const mechanism = values.text("sasl.mechanism") ?? "GSSAPI";
  if (!Object.hasOwn(LOGIN_MODULES, mechanism)) {
    const known = Object.keys(LOGIN_MODULES).join(", ");
    const what = mechanism === "GSSAPI" ? "GSSAPI (Kerberos, the default)" : mechanism;
    throw invalid("sasl.mechanism", `${what} is not supported; set one of ${known}`);
  }
  const text = values.text("sasl.jaas.config");
  if (text === undefined)
    throw invalid(
      "sasl.jaas.config",
      `SASL needs it, with ${LOGIN_MODULES[mechanism as Mechanism]}`,
    );
  return optionsFor(mechanism as Mechanism, parseJaas(text), values);
}

function optionsFor(
  mechanism: Mechanism,
  { loginModule, options }: JaasEntry,
  values: JavaValues,
): SaslOptions {
  const expected = LOGIN_MODULES[mechanism];
  if (loginModule !== expected)
    throw invalid(
      "sasl.jaas.config",
      `sasl.mechanism ${mechanism} needs the login module ${expected}`,
    );
  if (mechanism === "OAUTHBEARER") return { mechanism, token: oauthTokens(values, options) };
  if (values.text("sasl.login.callback.handler.class") !== undefined)
    throw invalid("sasl.login.callback.handler.class", "a Java class can't run in this client");
  if (options.get("tokenauth")?.toLowerCase() === "true")
    throw invalid("sasl.jaas.config", "delegation tokens (tokenauth) are not supported");
  const username = options.get("username");
  const password = options.get("password");
  if (username === undefined || password === undefined)
    throw invalid("sasl.jaas.config", `${expected} needs the options username and password`);
  return { mechanism, username, password };
}

function invalid(setting: string, why: string): KafkaError {
  return new KafkaError("INVALID_CONFIG", `Invalid configuration ${setting}: ${why}`);
}
