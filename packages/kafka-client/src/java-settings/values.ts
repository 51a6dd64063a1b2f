import { JAVA_KEYS, type ClientRole, type JavaKey, type JavaKeyName } from "./java-keys.ts";
import { parseValue, type SettingValue } from "./parse-value.ts";

type Parsed<K extends JavaKeyName> = (typeof JAVA_KEYS)[K]["type"] extends infer T
  ? T extends "int" | "long" | "short" | "double"
    ? number
    : T extends "boolean"
      ? boolean
      : T extends "list"
        ? string[]
        : string
  : never;

/** The settings that were given for one client, parsed and checked; absent where not given. */
export class JavaValues {
  readonly role: ClientRole;
  /** What operators write before each name; messages name settings with it. */
  readonly prefix: string;
  readonly #values = new Map<string, SettingValue>();
  readonly warnings: string[] = [];

  /**
   * @param props settings without their prefix
   * @throws KafkaError INVALID_CONFIG for the first value that is none
   */
  constructor(
    props: Readonly<Record<string, string | undefined>>,
    role: ClientRole,
    prefix: string = "",
  ) {
    this.role = role;
    this.prefix = prefix;
    for (const [name, text] of Object.entries(props)) {
      if (text === undefined) continue;
      const definition = definitionOf(name, role);
      if (definition === undefined)
        this.warnings.push(`The ${role} setting '${name}' was supplied but is not a known one`);
      else this.#values.set(name, parseValue(prefix + name, definition, text));
    }
    for (const name of this.#unsupported())
      this.warnings.push(
        `The ${role} setting '${name}' is not supported by this client and has no effect`,
      );
  }

  /** A setting's name as operators write it. */
  readonly name = (setting: string): string => this.prefix + setting;

  /** The value given; undefined where none was, whatever Java's default is. */
  given<K extends JavaKeyName>(name: K): Parsed<K> | undefined {
    // parseValue returns what the definition's type says.
    return this.#values.get(name) as Parsed<K> | undefined;
  }

  /** The value given and not empty: what null is in Java for a setting without default. */
  text(name: JavaKeyName): string | undefined {
    const value = this.#values.get(name);
    return typeof value === "string" && value !== "" ? value : undefined;
  }

  /** Names of the settings given that differ from Java's default. */
  *changed(): Generator<[JavaKeyName, JavaKey]> {
    for (const [name, value] of this.#values) {
      const definition: JavaKey = JAVA_KEYS[name as JavaKeyName];
      const text = Array.isArray(value) ? value.join(",") : value;
      if (text !== (definition.default ?? "")) yield [name as JavaKeyName, definition];
    }
  }

  *#unsupported(): Generator<string> {
    for (const [name, { use, ignoreCase, default: standard }] of this.changed()) {
      const value = this.#values.get(name);
      const same =
        ignoreCase === true && String(value).toLowerCase() === String(standard).toLowerCase();
      if (use === "unsupported" && !same) yield name;
    }
  }
}

function definitionOf(name: string, role: ClientRole): JavaKey | undefined {
  if (!Object.hasOwn(JAVA_KEYS, name)) return undefined;
  const definition: JavaKey = JAVA_KEYS[name as JavaKeyName];
  return definition.in.includes(role) ? definition : undefined;
}
