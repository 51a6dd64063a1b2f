/** What an operator can do about an error of Elasticsearch; the first that matches its type or reason. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [
    /Limit of total fields/,
    "raise index.mapping.total_fields.limit of the index, or leave out fields with a ReplaceField transform",
  ],
  [
    /strict_dynamic_mapping_exception/,
    "add the field to the mapping of the index, or leave it out with a ReplaceField transform",
  ],
  [
    /flood-stage/,
    "free disk space in the cluster; the index becomes writable by itself once there is enough",
  ],
  [
    /no matching index template found for data stream/,
    "create an index template whose pattern fits the name and which has a data_stream object",
  ],
  [/cluster_block_exception/, "remove the block from the index or the cluster (index.blocks.*)"],
  [/index_closed_exception/, "open the index"],
  [/index_not_found_exception/, "create the index and restart the task"],
  [/invalid_index_name_exception/, "rename the topic with a RegexRouter transform"],
  [
    /security_exception/,
    "give the user of connection.username the privileges create_index, view_index_metadata, index, create and delete for the index",
  ],
  [
    /es_rejected_execution_exception|circuit_breaking_exception/,
    "lower max.in.flight.requests or batch.size, raise max.retries or retry.backoff.ms, or give the cluster more capacity",
  ],
  [
    /unavailable_shards_exception|no_shard_available/,
    "bring back the nodes that hold the shards of the index",
  ],
];

/** `"; raise …"`, or nothing where no remedy is known. */
export function remedyFor(type: string, reason: string): string {
  const found = REMEDIES.find(([pattern]) => pattern.test(type) || pattern.test(reason));
  return found === undefined ? "" : `; ${found[1]}`;
}
