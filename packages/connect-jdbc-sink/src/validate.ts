import {
  type ConfigValue,
  isConnectError,
  type Props,
  validateConfig,
} from "@millrace/connect-api";
import { type Dialect, faultOf, type Session, withoutSecrets } from "@millrace/jdbc-dialects";
import {
  CONFIG,
  type Config,
  type ConfigProblem,
  configProblems,
  parseSinkConfig,
  topicOverrides,
} from "./config.ts";
import { connectionSettings, dialectOf } from "./settings.ts";

/** How long the database may take to answer. */
const LIMIT_MS = 10_000;

/** Checks each key by the table, then all against each other and, when nothing is wrong so far, the database. */
export async function validateSink(props: Props): Promise<ConfigValue[]> {
  const values = validateConfig(CONFIG, props).map(withoutPassword);
  const isFine = () => values.every(({ errors }) => errors.length === 0);
  if (!isFine()) return values;
  const config = parseSinkConfig(props);
  report(values, problemsOf(config, props));
  if (!isFine()) return values;
  report(values, await checkDatabase(dialectOf(config), config, props));
  return values;
}

/** What is wrong without asking the database. */
export function problemsOf(config: Config, props: Props): ConfigProblem[] {
  const problems = configProblems(config);
  try {
    for (const [topic, overrides] of topicOverrides(props)) {
      const [first] = Object.keys(overrides);
      for (const { key, message } of configProblems(parseSinkConfig({ ...props, ...overrides }))) {
        // What is wrong without the override as well is told once.
        if (problems.some((known) => known.key === key && known.message === message)) continue;
        const named = key in overrides ? key : (first ?? key);
        problems.push({ key: `topic.override.${topic}.${named}`, message });
      }
    }
  } catch (error) {
    problems.push({ key: keyOf(error) ?? "topic.override", message: messageOf(error) });
  }
  try {
    dialectOf(config).checkSettings(connectionSettings(config, props));
  } catch (error) {
    problems.push({ key: keyOf(error) ?? "connection.url", message: messageOf(error) });
  }
  return problems;
}

async function checkDatabase(
  dialect: Dialect,
  config: Config,
  props: Props,
): Promise<ConfigProblem[]> {
  const limit = AbortSignal.timeout(LIMIT_MS);
  let session: Session | undefined;
  try {
    session = await dialect.connect(connectionSettings(config, props), limit);
    return [];
  } catch (error) {
    const why = limit.aborted ? `No answer within ${LIMIT_MS} ms` : messageOf(error);
    const message = `Could not connect to database. ${why}`;
    const problems = [{ key: "connection.url", message }];
    if (faultOf(error)?.kind === "authentication") {
      problems.push({ key: "connection.user", message: why });
    }
    return problems;
  } finally {
    await session?.close();
  }
}

/** A URL may hold a password, and does not go back to whoever asks for validation (I5). */
function withoutPassword(value: ConfigValue): ConfigValue {
  if (value.name !== "connection.url" || typeof value.value !== "string") return value;
  return { ...value, value: withoutSecrets(value.value) };
}

function report(values: ConfigValue[], problems: readonly ConfigProblem[]): void {
  for (const { key, message } of problems) {
    let value = values.find(({ name }) => name === key);
    if (value === undefined) {
      value = { name: key, value: null, recommendedValues: [], errors: [], visible: true };
      values.push(value);
    }
    value.errors.push(message);
  }
}

const keyOf = (error: unknown): string | undefined =>
  error instanceof Error && "key" in error && typeof error.key === "string" ? error.key : undefined;

/** @throws the error itself when it is none of ours: it is a defect, not an answer */
function messageOf(error: unknown): string {
  if (!isConnectError(error)) throw error;
  return error.message;
}
