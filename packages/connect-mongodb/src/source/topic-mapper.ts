import { compileJavaRegex, DataError, isConnectError } from "@millrace/connect-api";
import { type Document, lookUp } from "../bson/document.ts";
import { parseDocument } from "../bson/json-reader.ts";

interface Naming {
  readonly separator: string;
  readonly prefix: string;
  readonly suffix: string;
  /** `topic.namespace.map`, a JSON document or empty. */
  readonly map: string;
}

type Template = (database: string, collection: string) => string;

/** Says which topic an event goes to, by its namespace (Java: `DefaultTopicMapper`). */
export class TopicMapper {
  readonly #naming: Naming;
  readonly #simple = new Map<string, string>();
  readonly #patterns: { readonly regex: RegExp; readonly template: Template }[] = [];
  #rest: string | undefined;
  readonly #known = new Map<string, string>();

  /** @throws {DataError} when the map is none */
  constructor(naming: Naming) {
    this.#naming = naming;
    for (const [pattern, topic] of Object.entries(readMap(naming.map))) this.#add(pattern, topic);
  }

  /** Empty when the event has no database: there is no topic for it. */
  topicOf(event: Document): string {
    const database = textAt(event, "ns.db");
    if (database === "") return "";
    const collection = textAt(event, "ns.coll");
    const namespace = collection === "" ? database : `${database}.${collection}`;
    let topic = this.#known.get(namespace);
    if (topic === undefined) {
      topic = this.#decorate(this.#undecorated(database, collection, namespace));
      this.#known.set(namespace, topic);
    }
    return topic;
  }

  #add(pattern: string, topic: unknown): void {
    if (typeof topic !== "string") throw new DataError("All values must be strings");
    const isRegex = pattern.startsWith("/");
    const regex = isRegex ? compile(pattern.slice(1)) : undefined;
    const template = isRegex ? compileTemplate(topic, this.#naming.separator) : undefined;
    if (!isRegex && pattern.includes("/")) {
      throw new DataError("'/' is not allowed in a simple namespace pattern");
    }
    if (topic === "") return;
    if (regex !== undefined && template !== undefined) this.#patterns.push({ regex, template });
    else if (pattern === "*") this.#rest = topic;
    else this.#simple.set(pattern, topic);
  }

  #undecorated(database: string, collection: string, namespace: string): string {
    const own = this.#simple.get(namespace);
    if (own !== undefined) return own;
    const ofDatabase = this.#simple.get(database);
    if (ofDatabase !== undefined) return this.#joined(ofDatabase, collection);
    const pattern = this.#patterns.find(({ regex }) => regex.test(namespace));
    if (pattern !== undefined) return pattern.template(database, collection);
    return this.#rest ?? this.#joined(database, collection);
  }

  #joined(database: string, collection: string): string {
    return collection === "" ? database : database + this.#naming.separator + collection;
  }

  #decorate(topic: string): string {
    const { prefix, suffix, separator } = this.#naming;
    const before = prefix === "" ? "" : prefix + separator;
    return before + topic + (suffix === "" ? "" : separator + suffix);
  }
}

/** What is not text names no database or collection. */
function textAt(event: Document, path: string): string {
  const value = lookUp(event, path);
  return typeof value === "string" ? value : "";
}

function readMap(text: string): Document {
  return text.trim() === "" ? {} : parseDocument(text);
}

function compile(regex: string): RegExp {
  try {
    return compileJavaRegex(regex);
  } catch (error) {
    if (isConnectError(error)) throw new DataError(error.message, { cause: error });
    throw error;
  }
}

/** A template of `{db}`, `{coll}`, `{sep}` and the like, whose separators go where there is no collection. */
function compileTemplate(template: string, separator: string): Template {
  const unknown = [...template.matchAll(/\{([^{}]*)\}/g)].find(
    ([, name]) => !Object.hasOwn(VARIABLES, name ?? ""),
  );
  const odd = template.replaceAll(/\{[^{}]*\}/g, "");
  if (unknown !== undefined || /[{}]/.test(odd)) {
    throw new DataError(
      `${unknown?.[0] ?? "A brace"} in ${template} is none of {db}, {sep}, {coll}, {sep_coll}, {coll_sep}, {sep_coll_sep}`,
    );
  }
  return (database, collection) =>
    template.replaceAll(/\{([^{}]*)\}/g, (_all, name: string) =>
      VARIABLES[name]!(database, collection, separator),
    );
}

const VARIABLES: Readonly<Record<string, (db: string, coll: string, sep: string) => string>> = {
  db: (db) => db,
  coll: (_db, coll) => coll,
  sep: (_db, _coll, sep) => sep,
  sep_coll: (_db, coll, sep) => (coll === "" ? "" : sep + coll),
  coll_sep: (_db, coll, sep) => (coll === "" ? "" : coll + sep),
  sep_coll_sep: (_db, coll, sep) => (coll === "" ? "" : sep + coll + sep),
};
