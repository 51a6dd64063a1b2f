import {
  type ConfigValue,
  isConnectError,
  isRetriable,
  parseConfig,
  type Props,
  validateConfig,
} from "@millrace/connect-api";
import {
  type Dialect,
  faultOf,
  findDialect,
  inTime,
  type Origin,
  type Session,
  withoutSecrets,
} from "@millrace/jdbc-dialects";
import { timestampColumns } from "./columns/find-timestamp-columns.ts";
import { incrementingColumn } from "./columns/incrementing-column.ts";
import { CONFIG, type Config, modeOf, queryOf, usesIncrementing, usesTimestamp } from "./config.ts";
import { brokenRules, ruleError } from "./rules.ts";
import { connectionSettings, selectOptions } from "./settings.ts";
import { listFilter, selectTables } from "./tables/filter.ts";
import { sharedTopics } from "./tables/names.ts";

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
  const values = validateConfig(CONFIG, props).map(withoutPassword);
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

/** What can be said without the database. */
function checkAlone(config: Config, props: Props, report: Report): Dialect | undefined {
  for (const fault of brokenRules(config)) report(fault.key, ruleError(config, fault).message);
  try {
    const dialect = findDialect(config["connection.url"], config["dialect.name"]);
    dialect.checkSettings(connectionSettings(config, props));
    return dialect;
  } catch (error) {
    const message = messageOf(error);
    const isName = message.includes("configuration dialect.name");
    report(isName ? "dialect.name" : "connection.url", message);
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
    if (faultOf(error)?.kind === "authentication") report("connection.user", why);
    return;
  }
  const query = queryOf(config);
  const checking =
    query === null
      ? checkTables(session, dialect, config, props, report)
      : checkQuery(session, query, config, report);
  // Tables that are locked, or too many to look at in time, are left for the start.
  await inTime(checking, LIMIT_MS, limit);
  await session.close();
}

async function checkTables(
  session: Session,
  dialect: Dialect,
  config: Config,
  props: Props,
  report: Report,
): Promise<void> {
  let key = "connection.url";
  try {
    const found = await session.listTables(listFilter(config));
    const { selected } = selectTables(dialect.identifiers, found, config, props);
    const clash = sharedTopics(selected);
    if (clash !== undefined) report(listKey(config), clash);
    for (const table of selected) {
      key = listKey(config);
      await checkColumns(session, { table }, config, report);
    }
  } catch (error) {
    // A connection that ends while tables are looked at says nothing of the configuration.
    if (!isRetriable(error)) report(key, messageOf(error));
  }
}

const listKey = (config: Config): string =>
  config["table.include.list"].length > 0 ? "table.include.list" : "table.whitelist";

async function checkQuery(
  session: Session,
  { text, masked }: { text: string; masked: boolean },
  config: Config,
  report: Report,
): Promise<void> {
  try {
    await checkColumns(session, { query: text }, config, report);
  } catch (error) {
    if (isRetriable(error)) return;
    // What the database says may repeat the query (I5).
    const why = masked
      ? `The database refuses it (${faultOf(error)?.code ?? "no code"})`
      : messageOf(error);
    report(masked ? "query.masked" : "query", why);
  }
}

/** @throws {ConnectError} when the table or query can't be read at all */
async function checkColumns(
  session: Session,
  origin: Origin,
  config: Config,
  report: Report,
): Promise<void> {
  const columns = await session.describe(origin, selectOptions(config));
  const mode = modeOf(config);
  if (usesIncrementing(mode)) {
    reporting(report, "incrementing.column", () => incrementingColumn(origin, columns, config));
  }
  if (usesTimestamp(mode)) {
    reporting(report, "timestamp.column", () => timestampColumns(origin, columns, config));
  }
}

/** Reports what the check throws at the key that it names, of a name or of a mapping. */
function reporting(report: Report, family: string, check: () => unknown): void {
  try {
    check();
  } catch (error) {
    const message = messageOf(error);
    const mapping = family === "timestamp.column" ? `${family}s.mapping` : `${family}.mapping`;
    report(message.includes(mapping) ? mapping : `${family}.name`, message);
  }
}

/** @throws the error itself when it is none of ours: it is a defect, not an answer */
function messageOf(error: unknown): string {
  if (!isConnectError(error)) throw error;
  return error.message;
}
