import { ConfigError } from "@millrace/connect-api";

/** What a dialect does with the properties of Java's driver. */
export interface PropertyTable {
  /** Those that have their effect here. */
  readonly used: ReadonlySet<string>;
  /** Those that tune Java's driver and ask for nothing here. */
  readonly idle: ReadonlySet<string>;
  /** Those that must not be ignored, each with why it is not supported and what to do instead. */
  readonly refused: Readonly<Record<string, string>>;
}

export const SOCKET_FACTORY =
  "A socket factory is a Java class, which can't be loaded; let a proxy or tunnel listen on an address of its own and name that in connection.url";

/**
 * Sorts the properties of a connection.
 * @returns a warning for each that has no effect
 * @throws {ConfigError} for one that must not be ignored; its value may be a secret and is not shown (I5)
 */
export function sortProperties(
  title: string,
  properties: ReadonlyMap<string, string>,
  { used, idle, refused }: PropertyTable,
): string[] {
  for (const name of properties.keys()) {
    const why = Object.hasOwn(refused, name) ? refused[name] : undefined;
    if (why === undefined) continue;
    throw new ConfigError(
      `connection.${name}`,
      "[hidden]",
      `This property of the ${title} driver is not supported. ${why}. Remove it from connection.url or the configuration`,
    );
  }
  return [...properties.keys()]
    .filter((name) => !used.has(name) && !idle.has(name))
    .map((name) => `The connection property ${name} has no effect`);
}

/** A property that is a whole number, or the default. @throws {ConfigError} when it is something else */
export function wholeProperty(
  properties: ReadonlyMap<string, string>,
  name: string,
  fallback: number,
  unit: string,
): number {
  const text = properties.get(name);
  if (text === undefined) return fallback;
  if (!/^\d+$/.test(text)) {
    throw new ConfigError(`connection.${name}`, text, `Not a number of ${unit}`);
  }
  return Number(text);
}

/** A property that is true or false, or the default. @throws {ConfigError} when it is something else */
export function booleanProperty(
  properties: ReadonlyMap<string, string>,
  name: string,
  fallback: boolean,
): boolean {
  const text = properties.get(name)?.toLowerCase();
  if (text === undefined) return fallback;
  if (text === "true" || text === "yes") return true;
  if (text === "false" || text === "no") return false;
  throw new ConfigError(`connection.${name}`, text, "Set it to true or false");
}
