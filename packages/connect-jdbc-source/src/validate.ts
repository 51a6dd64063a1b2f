import {
  type ConfigValue,
  isConnectError,
  isRetriable,
  parseConfig,
  type Props,
  validateConfig,
} from "@millrace/connect-api";
import { isAuthenticationRefused } from "./client.ts";
import { CONFIG, type Config, modeOf } from "./config.ts";
import type { Dialect, Session, TableColumn, TableId } from "./dialect/dialect.ts";
import { findDialect, withoutSecrets } from "./dialect/find-dialect.ts";
import { laterKeys, refusal } from "./later-keys.ts";
import { incrementingColumn } from "./mode/incrementing-column.ts";
import { connectionSettings, selectOptions } from "./settings.ts";
import { matchTables, sharedTopics, splitNames } from "./tables.ts";
import { inTime } from "./wait.ts";

/** How long the database may take for all that is asked of it. */
const LIMIT_MS = 10_000;

type Report = (key: string, message: string) => void;

/**
 * Checks a configuration by its table, then against the database: that it can be reached
 * as this user, and that the tables it names have the column it needs (Java:
 * `JdbcSourceConnectorValidation`; errors of the connection stand at `connection.url`,
 * as there). A table that does not exist yet is no error before the connector starts.
 */
export async function validateSource(props: Props): Promise<ConfigValue[]> {
  const values = [
    ...validateConfig(CONFIG, props).map(withoutPassword),
    ...laterKeys(props).refused.map((name) => laterValue(name, props)),
  ];
  const report: Report = (key, message) => {
    values.find(({ name }) => name === key)?.errors.push(message);
  };
  const isFine = () => values.every(({ errors }) => errors.length === 0);
  if (!isFine()) return values;
  const config = parseConfig(CONFIG, props);
  const dialect = checkAlone(config, props, report);
  if (dialect !== undefined && isFine()) await checkDatabase(dialect, config, props, report);
  return values;
}

/** A URL may hold a password, and does not go back to whoever asks for validation. */
function withoutPassword(value: ConfigValue): ConfigValue {
  if (value.name !== "connection.url" || typeof value.value !== "string") return value;
  return { ...value, value: withoutSecrets(value.value) };
}

function laterValue(name: string, props: Props): ConfigValue {
  // Its text is not repeated: query.masked and the like are secrets (I5).
  const unknown = { value: null, recommendedValues: [], visible: true };
  return { name, ...unknown, errors: props[name] === undefined ? [] : [refusal(name)] };
}

/** What can be said without the database. */
function checkAlone(config: Config, props: Props, report: Report): Dialect | undefined {
  try {
    modeOf(config);
  } catch (error) {
    report("mode", messageOf(error));
  }
  try {
    const dialect = findDialect(config["connection.url"]);
    dialect.checkSettings(connectionSettings(config, props));
    return dialect;
  } catch (error) {
    report("connection.url", messageOf(error));
    return undefined;
  }
}

async function checkDatabase(
  dialect: Dialect,
  config: Config,
  props: Props,
  report: Report,
): Promise<void> {
  const limit = AbortSignal.timeout(LIMIT_MS);
  let session: Session;
  try {
    session = await dialect.connect(connectionSettings(config, props), limit);
  } catch (error) {
    const why = limit.aborted ? `No answer within ${LIMIT_MS} ms` : messageOf(error);
    report("connection.url", `Could not connect to database. ${why}`);
    if (isAuthenticationRefused(error)) report("connection.user", why);
    return;
  }
  const checking = checkTables(session, config, props, report);
  // Tables that are locked, or too many to look at in time, are left for the start.
  await inTime(checking, LIMIT_MS, limit);
  await session.close();
}

async function checkTables(
  session: Session,
  config: Config,
  props: Props,
  report: Report,
): Promise<void> {
  const whitelist = splitNames(props["table.whitelist"] ?? "");
  let key = "connection.url";
  try {
    const { selected } = matchTables(await session.listTables(), whitelist);
    const clash = sharedTopics(selected);
    if (clash !== undefined) report("table.whitelist", clash);
    for (const table of selected) {
      key = "table.whitelist";
      const columns = await session.describe(table, selectOptions(config));
      key = "incrementing.column.name";
      if (modeOf(config) === "incrementing") checkColumn(table, columns, config);
    }
  } catch (error) {
    // A connection that ends while tables are looked at says nothing of the configuration.
    if (!isRetriable(error)) report(key, messageOf(error));
  }
}

function checkColumn(table: TableId, columns: readonly TableColumn[], config: Config): void {
  const name = config["incrementing.column.name"];
  incrementingColumn(table, columns, name, config["validate.non.null"]);
}

/** @throws the error itself when it is none of ours: it is a defect, not an answer */
function messageOf(error: unknown): string {
  if (!isConnectError(error)) throw error;
  return error.message;
}
