import { isAbsolute, normalize, sep } from "node:path";

/** The parts of a template: texts, and what stands in for a part of a record. */
type Part = (topic: string, partition: number, time: Date) => string;

const VARIABLE = /\$\{([^}]*)\}/g;
const TIME_FIELD = /yyyy|MM|dd|HH|mm/g;
const MINUTE_MS = 60_000;

const TIME_FIELDS: Readonly<Record<string, (time: Date) => number>> = {
  yyyy: (time) => time.getUTCFullYear(),
  MM: (time) => time.getUTCMonth() + 1,
  dd: (time) => time.getUTCDate(),
  HH: (time) => time.getUTCHours(),
  mm: (time) => time.getUTCMinutes(),
};

/** What is wrong with a template, or undefined. */
export function templateRefusal(template: string): string | undefined {
  if (!isAbsolute(template)) return "Value must be an absolute path";
  for (const [whole, name = ""] of template.matchAll(VARIABLE)) {
    if (name === "topic" || name === "partition") continue;
    const pattern = /^time:(.+)$/.exec(name)?.[1];
    if (pattern === undefined || /[A-Za-z\\]|\.\./.test(pattern.replaceAll(TIME_FIELD, ""))) {
      return `There is no variable ${whole}: use \${topic}, \${partition} or such as \${time:yyyy-MM-dd}`;
    }
  }
  return undefined;
}

/** The part of a template that all its folders lie in. */
export function fixedFolder(template: string): string {
  const variable = template.search(VARIABLE);
  if (variable === -1) return normalize(template);
  return normalize(template.slice(0, template.lastIndexOf(sep, variable)) || sep);
}

/**
 * Tells each record's folder. It depends on nothing but the record: read again, it gets to the same
 * one, where it shows that it is written already.
 */
export class FolderTemplate {
  readonly #parts: readonly Part[];
  readonly #hasTime: boolean;
  /** The last one, by partition: most records of a minute have the same. */
  readonly #last = new Map<string, { readonly minute: number; readonly folder: string }>();

  constructor(template: string) {
    const parts: Part[] = [];
    let from = 0;
    for (const match of template.matchAll(VARIABLE)) {
      const before = template.slice(from, match.index);
      parts.push(() => before, partOf(match[1]!));
      from = match.index + match[0].length;
    }
    const rest = template.slice(from);
    parts.push(() => rest);
    this.#parts = parts;
    this.#hasTime = template.includes("${time:");
  }

  /** @param timestamp of the record; one without counts as the beginning of time */
  folderOf(topic: string, partition: number, timestamp: number | null): string {
    const minute = this.#hasTime ? Math.floor((timestamp ?? 0) / MINUTE_MS) : 0;
    const key = `${topic}/${partition}`;
    const last = this.#last.get(key);
    if (last?.minute === minute) return last.folder;
    const time = new Date(minute * MINUTE_MS);
    const folder = normalize(this.#parts.map((part) => part(topic, partition, time)).join(""));
    this.#last.set(key, { minute, folder });
    return folder;
  }
}

function partOf(name: string): Part {
  // A transformation can make anything of a topic's name.
  if (name === "topic") return (topic) => topic.replaceAll(/[^\w.-]|^\.+$/g, "_");
  if (name === "partition") return (_topic, partition) => String(partition);
  const pattern = name.slice("time:".length);
  return (_topic, _partition, time) =>
    pattern.replaceAll(TIME_FIELD, (field) =>
      String(TIME_FIELDS[field]!(time)).padStart(field.length, "0"),
    );
}
