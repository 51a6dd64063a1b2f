import { type ConfigValue, ConfigError, isConnectError, type Props } from "@millrace/connect-api";
import { CapturedTables } from "./captured-tables.ts";
import { connect } from "./client.ts";
import type { Config } from "./config.ts";
import { checkRights, checkServer } from "./database.ts";
import { checkKeys } from "./definitions/check-keys.ts";
import { checkOwnKeys, parseCdcConfig } from "./definitions/parse.ts";
import { detailsOf } from "./faults.ts";
import { PlanRules } from "./event/plan-rules.ts";
import { refusedKeys } from "./ignored-keys.ts";
import { parseIdentities } from "./replica-identity.ts";
import { findSlot, checkSlot } from "./slot.ts";
import { statementOverrides } from "./snapshot/statement.ts";

/** How long the database may take for all that is asked of it. */
const LIMIT_MS = 10_000;

type Report = (key: string, message: string) => void;

/**
 * Checks a configuration by Debezium's rules, then by what is not supported, then against the
 * database (Debezium: `PostgresConnector.validateConnection`).
 */
export async function validateCdc(props: Props): Promise<ConfigValue[]> {
  const values = checkKeys(props);
  for (const own of checkOwnKeys(props)) {
    const value = values.find(({ name }) => name === own.name);
    if (value === undefined) values.push(own);
    else if (value.errors.length === 0) value.errors.push(...own.errors);
  }
  const report: Report = (key, message) => {
    const value = values.find(({ name }) => name === key);
    if (value !== undefined) value.errors.push(message);
    else {
      values.push({
        name: key,
        value: null,
        recommendedValues: [],
        visible: true,
        errors: [message],
      });
    }
  };
  for (const { key, why } of refusedKeys(props)) report(key, why);
  if (values.some(({ errors }) => errors.length > 0)) return values;
  const config = parseCdcConfig(props);
  for (const check of [
    () => new PlanRules(config, props),
    () => new CapturedTables(config),
    () => statementOverrides(config, props),
    () => parseIdentities(config["replica.identity.autoset.values"]),
  ]) {
    try {
      check();
    } catch (error) {
      if (!isConnectError(error)) throw error;
      report(keyOf(error) ?? "topic.prefix", error.message);
    }
  }
  if (values.every(({ errors }) => errors.length === 0)) await checkDatabase(config, report);
  return values;
}

function keyOf(error: unknown): string | undefined {
  return error instanceof ConfigError ? error.key : undefined;
}

/** Errors of the connection stand at database.hostname, as with Debezium. */
async function checkDatabase(config: Config, report: Report): Promise<void> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  try {
    const connection = await connect(config, signal, { statementTimeoutMs: LIMIT_MS });
    try {
      const version = await checkServer(connection);
      await checkRights(connection);
      const slot = await findSlot(connection, config["slot.name"], version);
      if (slot !== undefined) checkSlot(slot, config);
    } finally {
      await connection.close();
    }
  } catch (error) {
    if (!isConnectError(error)) throw error;
    const key = keyOf(error);
    if (key !== undefined) report(key, error.message);
    else
      report(
        "database.hostname",
        `Error while validating connector config: ${inJavaWords(error, config)}`,
      );
  }
}

/** A refused connection as Java's driver tells of it; all else says more in our own words. */
function inJavaWords(error: Error, config: Config): string {
  if (detailsOf(error.cause).code !== "ECONNREFUSED") return error.message;
  const address = `${config["database.hostname"]}:${config["database.port"]}`;
  return `Connection to ${address} refused. Check that the hostname and port are correct and that the postmaster is accepting TCP/IP connections.`;
}

/** Tries to reach the database; for dry runs. */
export async function reachDatabase(props: Props, signal: AbortSignal): Promise<string> {
  const config = parseCdcConfig(props);
  const connection = await connect(config, signal, { statementTimeoutMs: LIMIT_MS });
  try {
    await checkServer(connection);
    await checkRights(connection);
    const [row] = await connection.query("SHOW server_version", "Could not ask for the version");
    return `PostgreSQL ${row?.[0]} at ${connection.where}`;
  } finally {
    await connection.close();
  }
}
