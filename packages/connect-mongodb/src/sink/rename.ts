import { compileJavaRegex, ConfigError, DataError } from "@millrace/connect-api";
import { type Document, getField, isDocument, setField } from "../bson/document.ts";
import { parseDocuments } from "../bson/json-reader.ts";
import { replaceAll } from "./replace-all.ts";

/** A field's new name, by its path (which begins with `key` or `value`) and its name. */
type Rename = (path: string, name: string) => string;

/** @throws {ConfigError} when `field.renamer.mapping` is not a list of oldName and newName */
export function byMapping(mapping: string): Rename {
  const names = new Map<string, string>();
  for (const entry of entries("field.renamer.mapping", mapping)) {
    names.set(
      text("field.renamer.mapping", mapping, entry, "oldName"),
      text("field.renamer.mapping", mapping, entry, "newName"),
    );
  }
  return (path, name) => names.get(`${path}.${name}`) ?? name;
}

/** @throws {ConfigError} when `field.renamer.regexp` is not a list of regexp, pattern and replace */
export function byRegExp(settings: string): Rename {
  const KEY = "field.renamer.regexp";
  const rules = entries(KEY, settings).map((entry) => ({
    path: compileJavaRegex(text(KEY, settings, entry, "regexp")),
    replace: replaceAll(
      text(KEY, settings, entry, "pattern"),
      text(KEY, settings, entry, "replace"),
    ),
  }));
  return (path, name) =>
    rules.reduce((to, rule) => (rule.path.test(`${path}.${name}`) ? rule.replace(to) : to), name);
}

/** Renames fields of a document and of those within; what has the new name already stays. */
export function renameFields(path: string, document: Document, rename: Rename): void {
  for (const name of Object.keys(document)) {
    const value = document[name];
    const to = rename(path, name);
    if (to !== name) {
      delete document[name];
      if (!Object.hasOwn(document, to)) setField(document, to, value);
    }
    if (isDocument(value)) renameFields(`${path}.${to}`, value, rename);
  }
}

function entries(key: string, settings: string): Document[] {
  try {
    return settings.trim() === "" ? [] : parseDocuments(settings);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw new ConfigError(key, settings, error.message, { cause: error });
  }
}

function text(key: string, settings: string, entry: Document, name: string): string {
  const value = getField(entry, name);
  if (typeof value === "string") return value;
  throw new ConfigError(key, settings, `Each entry needs a text ${name}`);
}
