import { readFileSync } from "node:fs";

/** An answer with the headers that are compared. */
export interface Answer {
  readonly status: number;
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed where it is JSON. */
  readonly body: unknown;
}

/** One request, with the Java worker's answer where that was recorded. */
export interface Case {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | null>>;
  /** A text is sent as it is, anything else as JSON. */
  readonly body?: unknown;
  readonly response?: Answer;
}

/** The folder that the recorded worker read and wrote its files in. */
export const RECORDED_FOLDER = "/golden/work";

/** @param name of a file in golden/, such as `extras/standalone` */
export function readRecording(name: string): Case[] {
  const file = new URL(`../golden/${name}.json`, import.meta.url);
  const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: Case[] };
  // Recordings are numbered, which says nothing and changes with what is recorded before.
  return cases.map((recorded) => ({ ...recorded, name: recorded.name.replace(/^\d+-/, "") }));
}
