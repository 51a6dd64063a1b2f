export type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = "CONNECT_";
/** Settings of Java's logging, which images of Java workers take in the same way. */
const JAVA_ONLY = /^CONNECT_(?:TOOLS_)?LOG4J_/;

/** What the underscores of a variable stand for, as in the images of Java workers. */
const MEANING: Readonly<Record<number, string>> = { 1: ".", 2: "-", 3: "_" };

/**
 * The worker's keys among the variables: `CONNECT_GROUP_ID` is `group.id`. One underscore is a
 * dot, two are a dash, three an underscore.
 * @throws Error naming a variable whose underscores stand for nothing
 */
export function workerKeys(env: Environment): Map<string, string> {
  const keys = new Map<string, string>();
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || !name.startsWith(PREFIX) || JAVA_ONLY.test(name)) continue;
    keys.set(keyOf(name), value);
  }
  return keys;
}

/** Variables that begin as those do, and mean nothing to this worker. */
export function meaningless(env: Environment): string[] {
  return Object.keys(env).filter((name) => JAVA_ONLY.test(name));
}

function keyOf(name: string): string {
  return name
    .slice(PREFIX.length)
    .toLowerCase()
    .replaceAll(/_+/g, (underscores) => {
      const meaning = MEANING[underscores.length];
      if (meaning !== undefined) return meaning;
      throw new Error(
        `${name} has ${underscores.length} underscores in a row: one is a dot, two are a dash, three an underscore`,
      );
    });
}

/** A properties file that reads as these keys and values, whatever is in them. */
export function propertiesOf(keys: ReadonlyMap<string, string>): string {
  return [...keys].map(([key, value]) => `${escaped(key)}=${escaped(value)}\n`).join("");
}

/** Java's escapes are of UTF-16 units, as are JavaScript's. */
function escaped(text: string): string {
  return text.replaceAll(
    /[^A-Za-z0-9.,/_$(){}[\]<>*@;'"+?|&^~-]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
