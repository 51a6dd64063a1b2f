import type { ConnectionOptions } from "@elastic/transport";
import type { Config } from "../config/config.ts";
import type { ConfigProblem } from "../config/problems.ts";

const BASIC = ["connection.username", "connection.password"] as const;
const API_KEY = "connection.api.key";
const BEARER = "connection.bearer.token";

/** How the driver is to say who we are; undefined where nobody asks. */
export function credentials(config: Config): ConnectionOptions["auth"] {
  const apiKey = config[API_KEY];
  if (apiKey !== null) return { apiKey: encodedApiKey(apiKey.value()) };
  const bearer = config[BEARER];
  if (bearer !== null) return { bearer: bearer.value().trim() };
  const { "connection.username": username, "connection.password": password } = config;
  return username !== null && password !== null
    ? { username, password: password.value() }
    : undefined;
}

/** The keys that credentials are given in here; those of basic authentication where none are. */
export function credentialKeys(config: Config): readonly string[] {
  if (config[API_KEY] !== null) return [API_KEY];
  return config[BEARER] === null ? BASIC : [BEARER];
}

/** Why a server says 401, and what to change. */
export function credentialsProblem(config: Config): string {
  const [key] = credentialKeys(config);
  if (key === API_KEY || key === BEARER) {
    return `it refused ${key} (401): check that it is complete, not expired and not invalidated`;
  }
  const user = config["connection.username"];
  return user === null
    ? "it asks for a user name and password (401): set connection.username and connection.password, connection.api.key or connection.bearer.token"
    : `it refused user name ${user} or its password (401): check connection.username and connection.password`;
}

export function credentialProblems(config: Config): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const [username, password] = BASIC;
  if ((config[username] === null) !== (config[password] === null)) {
    problems.push({
      keys: BASIC,
      message: "connection.username and connection.password must be given both or not at all.",
    });
  }
  const given = [username, API_KEY, BEARER].filter((key) => config[key as keyof Config] !== null);
  if (given.length > 1) {
    problems.push({
      keys: given,
      message: `${given.join(" and ")} each say who writes: remove all but one.`,
    });
  }
  return problems;
}

/** Elasticsearch gives an API key as `id` and `api_key`, and as Base64 of both (`encoded`). */
function encodedApiKey(given: string): string {
  const key = given.trim();
  return key.includes(":") ? Buffer.from(key).toString("base64") : key;
}
