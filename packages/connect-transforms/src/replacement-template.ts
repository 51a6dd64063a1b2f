import { ConnectError, type JavaMatch, type JavaSearch } from "@millrace/connect-api";

/** Text, or the number of a group. */
type Part = string | number;

/**
 * A replacement as `Matcher.replaceFirst` of Java reads it: `$1`, `${name}`, and a backslash
 * before what stands for itself.
 */
export class ReplacementTemplate {
  readonly #parts: readonly Part[];

  /**
   * @param search the expression whose groups it refers to
   * @throws {ConnectError} with Java's message, when it is malformed or names no group
   */
  constructor(template: string, search: JavaSearch) {
    this.#parts = parse(template, search);
  }

  /** The text for a match; groups that took no part are empty. */
  expand({ groups }: JavaMatch): string {
    let text = "";
    for (const part of this.#parts) text += typeof part === "string" ? part : (groups[part] ?? "");
    return text;
  }
}

function parse(template: string, search: JavaSearch): Part[] {
  const parts: Part[] = [];
  for (let i = 0; i < template.length;) {
    const char = template[i]!;
    if (char === "\\") {
      if (i + 1 === template.length) throw illegal("character to be escaped is missing");
      parts.push(template[i + 1]!);
      i += 2;
    } else if (char === "$") {
      const { part, next } = reference(template, i + 1, search);
      parts.push(part);
      i = next;
    } else {
      parts.push(char);
      i++;
    }
  }
  return parts;
}

function reference(
  template: string,
  at: number,
  { groupCount: groups, names }: JavaSearch,
): { part: Part; next: number } {
  if (at === template.length) throw illegal("Illegal group reference: group index is missing");
  if (template[at] === "{") return namedReference(template, at + 1, names);
  if (!/\d/.test(template[at]!)) throw illegal("Illegal group reference");
  let group = Number(template[at]);
  let next = at + 1;
  if (group > groups) throw illegal(`No group ${group}`, "java.lang.IndexOutOfBoundsException");
  // As many digits belong to the number as there are groups for.
  for (; /\d/.test(template[next] ?? ""); next++) {
    const longer = group * 10 + Number(template[next]);
    if (longer > groups) break;
    group = longer;
  }
  return { part: group, next };
}

function namedReference(
  template: string,
  at: number,
  names: ReadonlyMap<string, number>,
): { part: Part; next: number } {
  const name = /^[a-zA-Z0-9]*/.exec(template.slice(at))![0];
  if (name === "") throw illegal("named capturing group has 0 length name");
  if (template[at + name.length] !== "}") {
    throw illegal("named capturing group is missing trailing '}'");
  }
  if (/^\d/.test(name)) throw illegal(`capturing group name {${name}} starts with digit character`);
  const part = names.get(name);
  if (part === undefined) throw illegal(`No group with name {${name}}`);
  return { part, next: at + name.length + 1 };
}

function illegal(message: string, javaName = "java.lang.IllegalArgumentException"): ConnectError {
  return new ConnectError(message, { javaName });
}
