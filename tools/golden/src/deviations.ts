/** Where the worker answers differently from Java's on purpose. */
export interface Deviation {
  readonly why: string;
  /** Places in the answer: `status`, `body.message`. */
  readonly at: readonly string[];
  readonly cases: readonly string[];
  /** It shows or does not, as things happen to go. */
  readonly sometimes?: true;
}

/** What is otherwise on purpose wherever it comes up, as long as the status is the same. */
export interface Rule {
  readonly why: string;
  readonly at: string;
  readonly theirs: RegExp;
}

export const RULES: readonly Rule[] = [
  {
    why: "the page of the HTTP server, which is Jetty there: ours says the same without its name",
    at: "body",
    theirs: /^<html>/,
  },
  {
    why: "Java's message is Jackson's or that of a NullPointerException; ours says what to send instead",
    at: "body.message",
    theirs:
      /^(Cannot (invoke|deserialize|construct|coerce)|Unrecognized (token|field|character)|Unexpected |Invalid UTF-8|Illegal (character|unquoted)|Number value length|Document nesting depth|No content to map|Duplicate field|Non-standard token|Invalid numeric|Trailing token|Input mismatch)/,
  },
];

const LOGGERS = "loggers are the worker's own: Java's are its classes";
const STATUS_AND_BODY = ["status", "body"];

/**
 * By recording. The lists only shrink: a place that does not differ any more is an error too.
 */
export const DEVIATIONS: Readonly<Record<string, readonly Deviation[]>> = {
  rest: [
    {
      why: "a reset is answered when it has had its effect; Java's answer comes before it has read back what it wrote",
      at: ["body.src1.topics"],
      cases: ["topics-after-reset"],
    },
    {
      why: "a rebalance was under way there, which is over here: the task is unknown, as its connector is stopped",
      at: ["status", "body.error_code", "body.message"],
      cases: ["task-restart-while-stopped-src1", "task-restart-while-stopped-snk1"],
    },
    {
      why: "Java lists the partition that was reset a moment before with null, as it looks which there are before it reads to the end",
      at: ["body.offsets"],
      cases: ["offsets-after-tombstone"],
    },
    {
      why: LOGGERS,
      at: ["body"],
      cases: ["loggers-all", "loggers-all-after"],
    },
    {
      why: "the same: which of them are known depends on who has spoken",
      at: ["body"],
      cases: ["loggers-put-root"],
      sometimes: true,
    },
    {
      why: "MirrorMaker is no part of Millrace",
      at: STATUS_AND_BODY,
      cases: [
        "plugin-config-org.apache.kafka.connect.mirror.MirrorCheckpointConnector",
        "plugin-config-org.apache.kafka.connect.mirror.MirrorHeartbeatConnector",
        "plugin-config-org.apache.kafka.connect.mirror.MirrorSourceConnector",
      ],
    },
    {
      why: "there is no plugin that bears this class name",
      at: STATUS_AND_BODY,
      cases: [
        "plugin-config-io.debezium.connector.jdbc.transforms.CollectionNameTransformation",
        "plugin-config-io.debezium.connector.jdbc.transforms.FieldNameTransformation",
        "plugin-config-io.debezium.connector.postgresql.transforms.timescaledb.TimescaleD",
        "plugin-config-io.debezium.transforms.ByLogicalTableRouter",
        "plugin-config-io.debezium.transforms.EnforceRecordSize",
        "plugin-config-io.debezium.transforms.ExtractChangedRecordState",
        "plugin-config-io.debezium.transforms.ExtractSchemaToNewRecord",
        "plugin-config-io.debezium.transforms.Neo4jCudConverter",
        "plugin-config-io.debezium.transforms.ToLogicalTopicRouter",
        "plugin-config-io.debezium.transforms.VectorToJsonConverter",
        "plugin-config-io.debezium.transforms.tracing.ActivateTracingSpan",
        "plugin-config-io.debezium.converters.BinaryDataConverter",
        "plugin-config-io.debezium.converters.CloudEventsConverter",
        "validate-dbz-jdbc-empty",
        "validate-dbz-jdbc-bad",
      ],
    },
    {
      why: "copies with as many threads as there are processors, of which that machine had two",
      at: [
        "body.configs[58].definition.default_value",
        "body.configs[58].value.value",
        "body.configs[64].definition.default_value",
        "body.configs[64].value.value",
      ],
      cases: ["validate-mongo-source-empty", "validate-mongo-source-bad"],
      sometimes: true,
    },
    {
      why: "the same",
      at: ["body[34].default_value", "body[40].default_value"],
      cases: ["plugin-config-com.mongodb.kafka.connect.MongoSourceConnector"],
      sometimes: true,
    },
    {
      why: "what is wrong with a password is said without repeating it",
      at: ["body.configs[24].value.errors[0]"],
      cases: ["validate-mongo-source-bad", "validate-mongo-sink-bad"],
    },
  ],
  "extras/providers": [
    {
      why: "a topic that cannot have its name fails the task; Java's tries for ever",
      at: ["body.tasks[0]"],
      cases: ["status-missing-key", "status-p5"],
    },
  ],
  "extras/admin": [{ why: LOGGERS, at: ["body"], cases: ["loggers-on-admin"] }],
  /** Of what is asked beside the recorded requests. */
  java: [
    {
      why: "a type with an asterisk says nothing of a body that is not there",
      at: ["status", "body"],
      cases: [
        "type */* of POST /connectors without",
        "type */* of PUT /connectors/nope/config without",
        "type */* of PATCH /connectors/nope/config without",
        "type */* of PATCH /connectors/nope/offsets without",
        "type */* of PUT /connector-plugins/FileStreamSource/config/validate without",
        "type */* of PUT /admin/loggers/some.logger without",
        "type application/* of POST /connectors without",
        "type application/* of PUT /connectors/nope/config without",
        "type application/* of PATCH /connectors/nope/config without",
        "type application/* of PATCH /connectors/nope/offsets without",
        "type application/* of PUT /connector-plugins/FileStreamSource/config/validate without",
        "type application/* of PUT /admin/loggers/some.logger without",
      ],
    },
    {
      why: "the expectation is refused by Node's server, without a page",
      at: ["headers", "body"],
      cases: ["an expectation"],
    },
    {
      why: "what is no version is refused everywhere, and said in our own words",
      at: ["status", "body"],
      cases: [
        "version ",
        "version [",
        "version [1,2",
        "version 4.3.1,5",
        "version %20",
        "version [2,1]",
        "version [4.3.1,4.3.1)",
        'validate FileStreamSource: {"value.converter":"org.apache.kafka.connect.json.JsonConverter","value.converter.plugin.version":"["}',
        'validate FileStreamSink: {"value.converter":"org.apache.kafka.connect.json.JsonConverter","value.converter.plugin.version":"["}',
        'validate FileStreamSource: {"connector.plugin.version":""}',
        'validate FileStreamSink: {"connector.plugin.version":""}',
        'validate FileStreamSource: {"connector.plugin.version":"bogus"}',
        'validate FileStreamSink: {"connector.plugin.version":"bogus"}',
        'validate FileStreamSource: {"connector.plugin.version":"["}',
        'validate FileStreamSink: {"connector.plugin.version":"["}',
      ],
    },
    {
      why: "what is built into the worker is no plugin here",
      at: ["status", "body"],
      cases: [
        "named FileConfigProvider",
        "named org.apache.kafka.common.config.provider.FileConfigProvider",
        "named EnvVarConfigProvider",
        "named DirectoryConfigProvider",
        "named AllConnectorClientConfigOverridePolicy",
        "named org.apache.kafka.connect.connector.policy.AllConnectorClientConfigOverridePolicy",
      ],
    },
    {
      why: "Java's own classes are not known here, nor are interfaces",
      at: ["status", "body"],
      cases: [
        "named java.lang.String",
        'validate FileStreamSource: {"value.converter":"java.lang.String"}',
        'validate FileStreamSink: {"value.converter":"java.lang.String"}',
        'validate FileStreamSource: {"transforms":"a","transforms.a.type":"org.apache.kafka.connect.transforms.Transformation"}',
        'validate FileStreamSink: {"transforms":"a","transforms.a.type":"org.apache.kafka.connect.transforms.Transformation"}',
      ],
    },
    {
      why: "Java's message names the cause as well the second time a class is looked for",
      at: ["body.message"],
      cases: ["create: name is 1.50"],
    },
    {
      why: "the message is that of Java's logging library",
      at: ["body.message"],
      cases: ["level "],
    },
    {
      why: "Java does not know any more that a logger is off",
      at: ["body"],
      cases: ["level off"],
    },
    {
      why: "a blank is shown as nothing",
      at: ["body.configs"],
      cases: [
        'validate FileStreamSource: {"key.converter":" "}',
        'validate FileStreamSink: {"key.converter":" "}',
      ],
    },
    {
      why: "besides, Java says that its rule fails for a pattern that is missing",
      at: ["body"],
      cases: [
        "validate FileStreamSink: org.apache.kafka.connect.transforms.RegexRouter alone",
        "validate FileStreamSource: several of each",
      ],
    },
    {
      why: "a format that cannot be is refused, where Java's task fails",
      at: ["body"],
      cases: [
        "validate FileStreamSource: org.apache.kafka.connect.transforms.TimestampRouter as it should not be",
      ],
    },
    {
      why: "loggers are the worker's own: Java's are its classes",
      at: ["body"],
      cases: ["logger ;", "loggers-one", "loggers-put-worker", "loggers-put-worker-scope"],
    },
    {
      why: "Java shows an override that is null a second time, with its definition",
      at: ["body.configs"],
      cases: ['validate FileStreamSource: {"producer.override.acks":null}'],
    },
    {
      why: "a restart that was asked for may be seen a little later",
      at: ["body.more.status"],
      cases: ["life: expanded"],
    },
    {
      why: "a sink that runs may have committed by then",
      at: ["body.offsets"],
      cases: ["get-snk1-offsets"],
      sometimes: true,
    },
    {
      why: "the Java worker here has no plugin for basic authentication",
      at: ["status", "body"],
      cases: ["named BasicAuthSecurityRestExtension"],
    },
    {
      why: "offsets have no order",
      at: ["body.offsets"],
      cases: ["life: offsets after"],
    },
    {
      why: "what is deleted is gone at once; Java reads its topics a little later",
      at: ["status", "body"],
      cases: ["life: gone", "life: its topics"],
    },
    {
      why: "not asked: the Java worker here has no plugins of Debezium's",
      at: ["status", "body"],
      cases: [
        "plugin-config-io.debezium.transforms.ExtractNewRecordState",
        "plugin-config-io.debezium.transforms.outbox.EventRouter",
      ],
    },
  ],
};
