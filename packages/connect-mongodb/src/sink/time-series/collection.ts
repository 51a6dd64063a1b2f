import { ConfigError } from "@millrace/connect-api";
import type { CreateCollectionOptions, MongoClient } from "mongodb";
import { codeOf, toConnectError } from "../../connection/errors.ts";
import type { TopicConfig } from "../config.ts";
import type { Namespace } from "../namespace.ts";

const NAMESPACE_EXISTS = 48;

/**
 * Sees to it that a topic's time series is there (Java: `TimeseriesValidation`).
 * @throws {ConfigError} when there is a collection of that name that is none
 */
export async function ensureTimeSeries(
  client: MongoClient,
  { database, collection }: Namespace,
  config: TopicConfig,
): Promise<void> {
  const db = client.db(database);
  const name = `${database}.${collection}`;
  const find = () => db.listCollections({ name: collection }).next();
  try {
    let found = await find();
    if (found === null) {
      await db.createCollection(collection, options(config)).catch((error: unknown) => {
        // Another task may have been faster.
        if (codeOf(error) !== NAMESPACE_EXISTS) throw error;
      });
      found = await find();
    }
    if (found !== null && "type" in found && found.type !== "timeseries") {
      throw new ConfigError(
        `A collection already exists for: \`${name}\` that is not a timeseries collection.`,
      );
    }
  } catch (error) {
    throw toConnectError(error, `Failed to create collection for: \`${name}\``);
  }
}

function options(config: TopicConfig): CreateCollectionOptions {
  const metaField = config["timeseries.metafield"].trim();
  const granularity = config["timeseries.granularity"].trim().toLowerCase();
  const expireAfterSeconds = config["timeseries.expire.after.seconds"];
  return {
    timeseries: {
      timeField: config["timeseries.timefield"].trim(),
      ...(metaField !== "" && { metaField }),
      ...(granularity !== "" && { granularity }),
    },
    ...(expireAfterSeconds > 0 && { expireAfterSeconds }),
  };
}
