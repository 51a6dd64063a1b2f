import type { Props } from "@millrace/connect-api";
import { Secrets } from "../config/secrets.ts";
import { hasVariable } from "../config/variables.ts";
import { hiddenError } from "../errors/hidden-error.ts";
import type { Threads } from "../threads/units.ts";

/** How long config providers may take. */
const RESOLVE_LIMIT_MS = 30_000;

/** Settings of the Kafka clients that the main thread makes itself on behalf of a connector. */
const CLIENT_KEY = /^(?:producer|consumer|admin)\.override\./;

/**
 * Does something with a connector's configuration whose client settings are resolved. Of
 * what providers keep, the main thread learns nothing else; and it asks them in a thread.
 * @throws what `use` throws, without secrets (I5)
 */
export async function withClientProps<T>(
  threads: Pick<Threads, "resolve">,
  connectorProps: Props,
  use: (connectorProps: Props) => Promise<T>,
): Promise<T> {
  const variable = Object.entries(connectorProps).filter(
    ([key, text]) => CLIENT_KEY.test(key) && hasVariable(text),
  );
  if (variable.length === 0) return use(connectorProps);
  const { props, secrets } = await threads.resolve(Object.fromEntries(variable), RESOLVE_LIMIT_MS);
  try {
    return await use({ ...connectorProps, ...props });
  } catch (error) {
    throw hiddenError(error, new Secrets(secrets));
  }
}
