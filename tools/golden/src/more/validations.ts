import type { Case } from "../recording.ts";

type Config = Readonly<Record<string, string | null>>;

const SOURCE: Config = { "connector.class": "FileStreamSource", topic: "t", file: "/in.txt" };
const SINK: Config = { "connector.class": "FileStreamSink", topics: "t", file: "/out.txt" };

const T = "org.apache.kafka.connect.transforms";
const P = `${T}.predicates`;
const JSON_CONVERTER = "org.apache.kafka.connect.json.JsonConverter";
const STRING_CONVERTER = "org.apache.kafka.connect.storage.StringConverter";

const SIDES = ["Key", "Value"];
/** Transforms with what they need, and with what is wrong for them. */
const TRANSFORMS: readonly [type: string, good: Config, bad: Config][] = [
  ...SIDES.flatMap((side): [string, Config, Config][] => [
    [`${T}.Cast$${side}`, { spec: "a:int32,b:string" }, { spec: "a:bogus" }],
    [`${T}.ExtractField$${side}`, { field: "a" }, { field: "" }],
    [`${T}.Flatten$${side}`, { delimiter: "_" }, { delimiter: "" }],
    [`${T}.HoistField$${side}`, { field: "a" }, {}],
    [
      `${T}.InsertField$${side}`,
      { "static.field": "a", "static.value": "b" },
      { "offset.field": "!" },
    ],
    [
      `${T}.MaskField$${side}`,
      { fields: "a,b", replacement: "x" },
      { fields: "", replacement: "" },
    ],
    [`${T}.ReplaceField$${side}`, { exclude: "a", renames: "b:c" }, { renames: "b" }],
    [`${T}.SetSchemaMetadata$${side}`, { "schema.name": "n" }, { "schema.version": "x" }],
    [
      `${T}.TimestampConverter$${side}`,
      { "target.type": "string", format: "yyyy" },
      { "target.type": "bogus", "unix.precision": "days" },
    ],
    [
      `${T}.HeaderFrom$${side}`,
      { fields: "a", headers: "b", operation: "copy" },
      { fields: "", headers: "b", operation: "steal" },
    ],
  ]),
  [`${T}.DropHeaders`, { headers: "a,b" }, { headers: "" }],
  [`${T}.InsertHeader`, { header: "a", "value.literal": "b" }, { header: "", "value.literal": "" }],
  [`${T}.Filter`, {}, { predicate: "nobody" }],
  [`${T}.RegexRouter`, { regex: "(.*)", replacement: "$1" }, { regex: "[", replacement: "$1" }],
  [
    `${T}.TimestampRouter`,
    { "topic.format": "${topic}-${timestamp}" },
    { "timestamp.format": "q" },
  ],
  [`${T}.ValueToKey`, { fields: "a" }, { fields: "" }],
];

const PREDICATES: readonly [type: string, good: Config, bad: Config][] = [
  [`${P}.TopicNameMatches`, { pattern: "a.*" }, { pattern: "[" }],
  [`${P}.HasHeaderKey`, { name: "h" }, { name: "" }],
  [`${P}.RecordIsTombstone`, {}, { bogus: "x" }],
];

function withPrefix(prefix: string, config: Config): Config {
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [prefix + key, value]));
}

const transform = (type: string, own: Config = {}): Config => ({
  transforms: "t",
  "transforms.t.type": type,
  ...withPrefix("transforms.t.", own),
});
const predicate = (type: string, own: Config = {}): Config => ({
  predicates: "p",
  "predicates.p.type": type,
  ...withPrefix("predicates.p.", own),
});

const converters: readonly Config[] = [
  { "key.converter": "JsonConverter" },
  { "key.converter": "" },
  { "key.converter": " " },
  { "key.converter": JSON_CONVERTER, "key.converter.schemas.enable": "false" },
  { "value.converter": JSON_CONVERTER, "value.converter.schemas.cache.size": "x" },
  { "value.converter": JSON_CONVERTER, "value.converter.schemas.cache.size": "-1" },
  { "value.converter": JSON_CONVERTER, "value.converter.decimal.format": "numeric" },
  { "value.converter": JSON_CONVERTER, "value.converter.converter.type": "bogus" },
  { "value.converter": JSON_CONVERTER, "value.converter.bogus": "x" },
  { "value.converter": STRING_CONVERTER, "value.converter.converter.encoding": "UTF8" },
  { "value.converter": "org.apache.kafka.connect.converters.ByteArrayConverter" },
  { "value.converter": "org.apache.kafka.connect.converters.LongConverter" },
  { "value.converter": "java.lang.String" },
  { "value.converter": `${T}.HoistField$Key` },
  { "value.converter": JSON_CONVERTER, "value.converter.plugin.version": "4.3.1" },
  { "value.converter": JSON_CONVERTER, "value.converter.plugin.version": "9.9.9" },
  { "value.converter": JSON_CONVERTER, "value.converter.plugin.version": "[" },
  { "value.converter.plugin.version": "4.3.1" },
  { "value.converter.schemas.enable": "false" },
  { "header.converter": "org.apache.kafka.connect.storage.SimpleHeaderConverter" },
  { "header.converter": "SimpleHeaderConverter" },
  { "header.converter": STRING_CONVERTER },
  { "header.converter": JSON_CONVERTER, "header.converter.schemas.enable": "x" },
  { "header.converter": "org.apache.kafka.connect.converters.ByteArrayConverter" },
  { "header.converter": "" },
];

const framework: readonly Config[] = [
  { "tasks.max": "" },
  { "tasks.max": " 1 " },
  { "tasks.max": "1.0" },
  { "tasks.max": "1e1" },
  { "tasks.max": "0x1" },
  { "tasks.max": "2147483648" },
  { "tasks.max": "+1" },
  { "tasks.max.enforce": "TRUE" },
  { "tasks.max.enforce": "" },
  { "tasks.max.enforce": "1" },
  { name: "" },
  { name: " a " },
  { name: "a\u0000b" },
  { name: "a/b" },
  { "config.action.reload": "NONE" },
  { "config.action.reload": " none" },
  { "errors.tolerance": "ALL" },
  { "errors.tolerance": "" },
  { "errors.retry.timeout": "-1" },
  { "errors.retry.timeout": "-2" },
  { "errors.retry.timeout": "9223372036854775808" },
  { "errors.retry.delay.max.ms": "-1" },
  { "errors.log.enable": "yes" },
  { "errors.log.include.messages": "true" },
  { "connector.plugin.version": "4.3.1" },
  { "connector.plugin.version": "[4,5)" },
  { "connector.plugin.version": "latest" },
  { "connector.plugin.version": "" },
  { "connector.plugin.version": "bogus" },
  { "connector.plugin.version": "[" },
  { transforms: "" },
  { transforms: " , a ,, b " },
  { transforms: "a.b", "transforms.a.b.type": `${T}.HoistField$Key` },
  { transforms: "a", "transforms.a.type": "" },
  { transforms: "a", "transforms.a.type": "HoistField$Key" },
  { transforms: "a", "transforms.a.type": "HoistField" },
  { transforms: "a", "transforms.a.type": STRING_CONVERTER },
  { transforms: "a", "transforms.a.type": `${P}.RecordIsTombstone` },
  { transforms: "a", "transforms.a.type": `${T}.Transformation` },
  { "transforms.a.type": "nobody.asked" },
  { predicates: "" },
  { predicates: "p,p" },
  { predicates: "p" },
  { predicates: "p", "predicates.p.type": "RecordIsTombstone" },
  { predicates: "p", "predicates.p.type": `${T}.HoistField$Key` },
  { bogus: "x", "a.b.c": "", "": "empty" },
  { file: null, "tasks.max": null },
  { transforms: null },
  { "topic.creation.groups": "" },
  { topic: "a b" },
  { topic: "${env:HOME}" },
  { topic: "${bogus:x}" },
  { topic: "${file:}" },
];

const sources: readonly Config[] = [
  { "exactly.once.support": "REQUESTED" },
  { "exactly.once.support": "required" },
  { "exactly.once.support": "bogus" },
  { "transaction.boundary": "POLL" },
  { "transaction.boundary": "bogus" },
  { "transaction.boundary": "interval", "transaction.boundary.interval.ms": "0" },
  { "transaction.boundary.interval.ms": "-1" },
  { "offsets.storage.topic": "" },
  { "offsets.storage.topic": " " },
  { "topic.creation.groups": "a" },
  { "topic.creation.default.partitions": "1" },
  { "topic.creation.default.partitions": "1", "topic.creation.default.replication.factor": "0" },
  { "topic.creation.default.partitions": "-2", "topic.creation.default.replication.factor": "-1" },
  {
    "topic.creation.groups": "a,a",
    "topic.creation.default.partitions": "1",
    "topic.creation.default.replication.factor": "1",
  },
  {
    "topic.creation.groups": "a",
    "topic.creation.default.partitions": "1",
    "topic.creation.default.replication.factor": "1",
    "topic.creation.default.cleanup.policy": "compact",
    "topic.creation.a.include": "x.*,y.*",
    "topic.creation.a.exclude": "[",
    "topic.creation.a.retention.ms": "x",
  },
  { topics: "t" },
  { "producer.override.acks": "1" },
  { "producer.override.acks": "2" },
  { "producer.override.bogus": "x" },
  { "producer.override.batch.size": "x" },
  { "producer.override.batch.size": "-1" },
  { "producer.override.compression.type": "zstd" },
  { "producer.override.compression.type": "bogus" },
  { "producer.override.sasl.jaas.config": "secret" },
  { "producer.override.ssl.keystore.password": "secret" },
  { "producer.override.": "x" },
  { "consumer.override.max.poll.records": "1" },
  { "admin.override.retries": "x" },
  { "admin.override.retries": "3", "topic.creation.default.partitions": "1" },
  { "producer.override.acks": null },
];

const sinks: readonly Config[] = [
  { topics: "" },
  { topics: " " },
  { topics: "a,,b" },
  { topics: "a,a" },
  { topics: "a b" },
  { topics: "", "topics.regex": "" },
  { topics: "", "topics.regex": "a|b" },
  { topics: "", "topics.regex": "(" },
  { topics: null as never, "topics.regex": "a" },
  { "errors.deadletterqueue.topic.name": "t" },
  { "errors.deadletterqueue.topic.name": " d " },
  { topics: "", "topics.regex": "d.*", "errors.deadletterqueue.topic.name": "dlq" },
  { "errors.deadletterqueue.topic.replication.factor": "0" },
  { "errors.deadletterqueue.topic.replication.factor": "-1" },
  { "errors.deadletterqueue.topic.replication.factor": "x" },
  { "errors.deadletterqueue.context.headers.enable": "x" },
  { "consumer.override.group.id": "g" },
  { "consumer.override.auto.offset.reset": "bogus" },
  { "consumer.override.max.poll.records": "0" },
  { "consumer.override.isolation.level": "read_committed" },
  { "consumer.override.partition.assignment.strategy": "x.Y" },
  { "producer.override.acks": "1" },
  { "producer.override.acks": "1", "errors.deadletterqueue.topic.name": "d" },
  { "admin.override.retries": "x", "errors.deadletterqueue.topic.name": "d" },
  { "topic.creation.groups": "a" },
  { "exactly.once.support": "required" },
];

function validate(what: string, base: Config, more: Config): Case[] {
  const config = { ...base, ...more };
  const plugin = base["connector.class"]!;
  const path = `/connector-plugins/${plugin}/config/validate`;
  return [{ name: `validate ${plugin}: ${what}`, method: "PUT", path, body: config }];
}

const shown = (config: Config) => JSON.stringify(config);

export const VALIDATIONS: readonly Case[] = [
  ...[...converters, ...framework].flatMap((more) => [
    ...validate(shown(more), SOURCE, more),
    ...validate(shown(more), SINK, more),
  ]),
  ...sources.flatMap((more) => validate(shown(more), SOURCE, more)),
  ...sinks.flatMap((more) => validate(shown(more), SINK, more)),
  ...TRANSFORMS.flatMap(([type, good, bad]) => [
    ...validate(`${type} as it should be`, SOURCE, transform(type, good)),
    ...validate(`${type} as it should not be`, SOURCE, transform(type, bad)),
    ...validate(`${type} alone`, SINK, transform(type)),
  ]),
  ...PREDICATES.flatMap(([type, good, bad]) => [
    ...validate(`${type} as it should be`, SOURCE, predicate(type, good)),
    ...validate(`${type} as it should not be`, SINK, predicate(type, bad)),
  ]),
  ...validate("negate without a predicate", SOURCE, transform(`${T}.Filter`, { negate: "true" })),
  ...validate("negate that is no boolean", SOURCE, {
    ...transform(`${T}.Filter`, { negate: "x", predicate: "p" }),
    ...predicate(`${P}.RecordIsTombstone`),
  }),
  ...validate("a version of a transformation", SOURCE, {
    ...transform(`${T}.Filter`, { "plugin.version": "4.3.1" }),
    ...predicate(`${P}.RecordIsTombstone`, { "plugin.version": "9" }),
  }),
  ...validate("a version of a transformation that is not there", SOURCE, {
    ...transform(`${T}.Filter`, { "plugin.version": "[5,)" }),
  }),
  ...validate("several of each", SOURCE, {
    transforms: "b,a",
    "transforms.a.type": `${T}.HoistField$Value`,
    "transforms.a.field": "x",
    "transforms.a.predicate": "q",
    "transforms.b.type": `${T}.RegexRouter`,
    "transforms.b.regex": "x",
    predicates: "p,q",
    "predicates.q.type": `${P}.HasHeaderKey`,
    "predicates.q.name": "h",
    "predicates.p.type": `${P}.TopicNameMatches`,
  }),
];
