import { ConnectClient } from "../client/connect-client.ts";
import { HttpClient } from "../client/http.ts";
import { readContexts } from "../target/context-file.ts";
import { findTarget } from "../target/target.ts";
import type { Terminal } from "../terminal.ts";
import type { Completion, Dynamic } from "./words.ts";

/** Who presses the tab key does not wait any longer. */
const LIMIT_MS = 2_000;

/**
 * Asks for the words that only the cluster knows, with the options that are on the line
 * already. None where it cannot be asked: a completion is no place for errors.
 */
export async function dynamicWords(
  dynamic: Exclude<Dynamic, "files">,
  { given }: Completion,
  { env, signal }: Terminal,
): Promise<string[]> {
  try {
    if (dynamic === "contexts") return Object.keys((await readContexts(env)).contexts);
    const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
    const http = new HttpClient(await findTarget(given, env));
    const client = new ConnectClient(http, { rebalanceMs: 0, signal: limit });
    if (dynamic === "connectors") return await client.names();
    if (dynamic === "loggers") return Object.keys(await client.loggers());
    return (await client.plugins(true)).map((plugin) => plugin.class);
  } catch {
    return [];
  }
}
