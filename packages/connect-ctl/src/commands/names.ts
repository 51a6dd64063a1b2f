import type { ConnectClient } from "../client/connect-client.ts";
import { NotFoundError } from "../exit-codes.ts";

export const NAME_HELP = "connectors; * in a name stands for any text";

/**
 * Replaces names with a `*` by those of the connectors that they stand for.
 * @throws {NotFoundError} when there is none
 */
export async function expandNames(
  client: ConnectClient,
  patterns: readonly string[],
): Promise<string[]> {
  if (!patterns.some(isPattern)) return [...new Set(patterns)];
  const names = (await client.names()).toSorted();
  const expanded = patterns.flatMap((pattern) => {
    if (!isPattern(pattern)) return [pattern];
    const found = names.filter(matcher(pattern));
    if (found.length === 0) throw new NotFoundError(`No connector's name is like ${pattern}`);
    return found;
  });
  return [...new Set(expanded)];
}

/** Tells which names a pattern stands for. */
export function matcher(pattern: string): (name: string) => boolean {
  const parts = pattern
    .split("*")
    .map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`));
  const regExp = new RegExp(`^${parts.join(".*")}$`, "s");
  return (name) => regExp.test(name);
}

function isPattern(name: string): boolean {
  return name.includes("*");
}
