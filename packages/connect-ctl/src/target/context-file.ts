import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import { UsageError } from "../exit-codes.ts";

/** How one cluster is reached; written by `connect-ctl context set`. */
export interface Context {
  readonly url: readonly string[];
  readonly user?: string;
  /** Only here, since the file is its owner's alone. */
  readonly password?: string;
  /** PEM files. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly insecure?: boolean;
}

export interface Contexts {
  /** The one that is used where none is named. */
  readonly current?: string;
  readonly contexts: Readonly<Record<string, Context>>;
}

const TEXTS = ["user", "password", "ca", "cert", "key"] as const;
const KEYS: readonly string[] = ["url", ...TEXTS, "insecure"];

/** `$XDG_CONFIG_HOME/connect-ctl/contexts.yaml`, else below `~/.config`. */
export function contextPath(env: NodeJS.ProcessEnv): string {
  const folder = env["XDG_CONFIG_HOME"] || join(env["HOME"] ?? homedir(), ".config");
  return join(folder, "connect-ctl", "contexts.yaml");
}

/**
 * None where there is no file.
 * @throws {UsageError} naming the file and what is wrong with it
 */
export async function readContexts(env: NodeJS.ProcessEnv): Promise<Contexts> {
  const path = contextPath(env);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { contexts: {} };
    throw new UsageError(`Cannot read ${path}: ${(error as Error).message}`, { cause: error });
  }
  try {
    return checked(parse(text) as unknown);
  } catch (error) {
    // The parser's own message would quote the line, which may hold a password.
    const [what = ""] = (error as Error).message.split("\n");
    throw new UsageError(`${path} is not a file of contexts: ${what.replace(/:$/, "")}`);
  }
}

/** Replaces the file; nobody but its owner may read it. */
export async function writeContexts(env: NodeJS.ProcessEnv, contexts: Contexts): Promise<void> {
  const path = contextPath(env);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  // Moved into place: whoever reads meanwhile gets the one or the other, whole.
  const unfinished = `${path}.${process.pid}`;
  await writeFile(unfinished, stringify(contexts), { mode: 0o600 });
  await rename(unfinished, path);
}

function checked(file: unknown): Contexts {
  if (file === null || file === undefined) return { contexts: {} };
  if (!isMap(file)) throw new Error("it must be a map");
  const { current, contexts = {}, ...others } = file;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw new Error(`unknown key "${unknown}"`);
  if (current !== undefined && typeof current !== "string") {
    throw new Error(`"current" must be the name of a context`);
  }
  if (!isMap(contexts)) throw new Error(`"contexts" must be a map of contexts by their names`);
  const entries = Object.entries(contexts).map(
    ([name, context]) => [name, checkedContext(name, context)] as const,
  );
  return { ...(current !== undefined && { current }), contexts: Object.fromEntries(entries) };
}

function checkedContext(name: string, context: unknown): Context {
  if (!isMap(context)) throw new Error(`context "${name}" must be a map`);
  const unknown = Object.keys(context).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) throw new Error(`unknown key "${unknown}" in context "${name}"`);
  const { url, insecure } = context;
  const urls: unknown = typeof url === "string" ? [url] : url;
  if (!Array.isArray(urls) || urls.length === 0 || !urls.every((u) => typeof u === "string")) {
    throw new Error(`"url" of context "${name}" must be a URL, or a list of them`);
  }
  for (const key of TEXTS) {
    if (context[key] !== undefined && typeof context[key] !== "string") {
      throw new Error(`"${key}" of context "${name}" must be a text`);
    }
  }
  if (insecure !== undefined && typeof insecure !== "boolean") {
    throw new Error(`"insecure" of context "${name}" must be true or false`);
  }
  return { ...context, url: urls };
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
