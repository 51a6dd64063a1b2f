import { ElasticsearchClient } from "./client/client.ts";
import { credentialKeys } from "./client/credentials.ts";
import type { Config } from "./config/config.ts";
import type { ConfigProblem } from "./config/problems.ts";
import { checkResources } from "./destination/check-resources.ts";
import { RequestError } from "./client/request-error.ts";

/** Validation is answered within this time, however long the configured time-outs are. */
const LIMIT_MS = 10_000;

/**
 * Tries to reach Elasticsearch, one attempt per node: it is enough that one answers. Then
 * looks for what must exist.
 * @returns what is wrong, under the keys that would have to change
 */
export async function checkConnection(config: Config): Promise<ConfigProblem[]> {
  const client = new ElasticsearchClient(config);
  const limit = AbortSignal.timeout(LIMIT_MS);
  const failures: RequestError[] = [];
  try {
    for (const _node of config["connection.url"]) {
      try {
        await client.ping(limit);
        return await checkResources(client, config, limit);
      } catch (error) {
        if (limit.aborted) break;
        if (!(error instanceof RequestError)) throw error;
        failures.push(error);
      }
    }
  } finally {
    await client.close();
  }
  if (limit.aborted) {
    const message = `connection.url: no answer within ${LIMIT_MS} ms; check that the server runs and can be reached from here.`;
    return [{ keys: ["connection.url"], message }];
  }
  return distinct(failures).map((failure) => ({
    keys: failure.status === 401 ? credentialKeys(config) : ["connection.url"],
    message: failure.message,
  }));
}

/** Nodes mostly fail alike. */
function distinct(failures: readonly RequestError[]): RequestError[] {
  return [...new Map(failures.map((failure) => [failure.message, failure])).values()];
}
