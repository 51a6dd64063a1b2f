import type { ConfigDef, ConfigOf } from "@millrace/connect-api";

const STORE_TYPES = ["PEM", "PKCS12", "JKS"] as const;

/** The keys that all converters have for the registry, those of Confluent's serializers. */
export const REGISTRY_CONFIG = {
  "schema.registry.url": {
    type: "LIST",
    nonEmpty: true,
    importance: "HIGH",
    doc: "Addresses of the registry's nodes, such as https://sr1:8081,https://sr2:8081: where one does not answer, the next is asked.",
  },
  "auto.register.schemas": {
    type: "BOOLEAN",
    default: true,
    importance: "MEDIUM",
    doc: "Whether schemas that the registry does not know yet are registered. Otherwise they have to be there.",
  },
  "normalize.schemas": {
    type: "BOOLEAN",
    default: false,
    importance: "MEDIUM",
    doc: "Whether the registry brings schemas into one form before it compares them.",
  },
  "use.latest.version": {
    type: "BOOLEAN",
    default: false,
    importance: "LOW",
    doc: "Whether data is written by the latest schema of its subject. Only with `auto.register.schemas=false`.",
  },
  "latest.compatibility.strict": {
    type: "BOOLEAN",
    default: true,
    importance: "LOW",
    doc: "Whether data that has more fields than the latest schema is refused, with `use.latest.version`. Otherwise these fields are left out.",
  },
  "use.schema.id": {
    type: "INT",
    default: -1,
    importance: "LOW",
    doc: "The id of the schema that all data is written by. Only with `auto.register.schemas=false`; -1 = none.",
  },
  "max.schemas.per.subject": {
    type: "INT",
    default: 1000,
    min: 1,
    importance: "LOW",
    doc: "How many schemas of each subject are kept for writing.",
  },
  "key.subject.name.strategy": {
    type: "CLASS",
    default: "io.confluent.kafka.serializers.subject.TopicNameStrategy",
    importance: "MEDIUM",
    doc: "How the subject of keys is named: TopicNameStrategy (`<topic>-key`), RecordNameStrategy (the record's name) or TopicRecordNameStrategy (`<topic>-<record's name>`).",
  },
  "value.subject.name.strategy": {
    type: "CLASS",
    default: "io.confluent.kafka.serializers.subject.TopicNameStrategy",
    importance: "MEDIUM",
    doc: "The same for values: `<topic>-value`, and so on.",
  },
  "basic.auth.credentials.source": {
    type: "STRING",
    default: "URL",
    oneOf: ["URL", "USER_INFO"],
    importance: "MEDIUM",
    doc: "Where name and password stand: in `schema.registry.url` (`https://name:password@host`), or in `basic.auth.user.info`.",
  },
  "basic.auth.user.info": {
    type: "PASSWORD",
    default: "",
    importance: "MEDIUM",
    doc: "`name:password` for USER_INFO.",
  },
  "schema.registry.basic.auth.user.info": {
    type: "PASSWORD",
    default: "",
    importance: "MEDIUM",
    doc: "The older name of `basic.auth.user.info`.",
  },
  "bearer.auth.credentials.source": {
    type: "STRING",
    default: "STATIC_TOKEN",
    oneOf: ["STATIC_TOKEN"],
    importance: "MEDIUM",
    doc: "Where the token stands that is sent instead of name and password: STATIC_TOKEN = in `bearer.auth.token`.",
  },
  "bearer.auth.token": {
    type: "PASSWORD",
    default: "",
    importance: "MEDIUM",
    doc: "The token for STATIC_TOKEN.",
  },
  "schema.registry.ssl.truststore.type": {
    type: "STRING",
    default: "PEM",
    oneOf: STORE_TYPES,
    importance: "MEDIUM",
    doc: "The kind of the truststore. Only PEM can be read.",
  },
  "schema.registry.ssl.truststore.location": {
    type: "STRING",
    default: null,
    importance: "HIGH",
    doc: "A file with the certificates of the authorities to trust, instead of Node's own.",
  },
  "schema.registry.ssl.truststore.certificates": {
    type: "PASSWORD",
    default: null,
    importance: "HIGH",
    doc: "These certificates themselves, as PEM.",
  },
  "schema.registry.ssl.keystore.type": {
    type: "STRING",
    default: "PKCS12",
    oneOf: STORE_TYPES,
    importance: "MEDIUM",
    doc: "The kind of the keystore, the client's own certificate with its key: PEM or PKCS12.",
  },
  "schema.registry.ssl.keystore.location": {
    type: "STRING",
    default: null,
    importance: "HIGH",
    doc: "The file of the keystore.",
  },
  "schema.registry.ssl.keystore.password": {
    type: "PASSWORD",
    default: null,
    importance: "HIGH",
    doc: "The password of a PKCS12 keystore.",
  },
  "schema.registry.ssl.keystore.certificate.chain": {
    type: "PASSWORD",
    default: null,
    importance: "HIGH",
    doc: "The client's certificate itself, as PEM.",
  },
  "schema.registry.ssl.keystore.key": {
    type: "PASSWORD",
    default: null,
    importance: "HIGH",
    doc: "The client's private key itself, as PEM.",
  },
  "schema.registry.ssl.key.password": {
    type: "PASSWORD",
    default: null,
    importance: "HIGH",
    doc: "The password of the private key in PEM, where it has one.",
  },
  "schema.registry.ssl.endpoint.identification.algorithm": {
    type: "STRING",
    default: "https",
    importance: "LOW",
    doc: "Empty = the name in the registry's certificate is not compared with the address.",
  },
  "http.connect.timeout.ms": {
    type: "INT",
    default: 60_000,
    min: 1,
    importance: "LOW",
    doc: "Milliseconds to wait for a connection.",
  },
  "http.read.timeout.ms": {
    type: "INT",
    default: 60_000,
    min: 1,
    importance: "LOW",
    doc: "Milliseconds to wait for an answer.",
  },
  "max.retries": {
    type: "INT",
    default: 3,
    min: 0,
    importance: "LOW",
    doc: "How often a request is sent again where no node answers, or none is able to. After that the worker repeats the record as long as `errors.retry.timeout` says.",
  },
  "retries.wait.ms": {
    type: "INT",
    default: 1000,
    min: 0,
    importance: "LOW",
    doc: "Milliseconds to wait before the first retry; twice as long before each further one.",
  },
  "retries.max.wait.ms": {
    type: "INT",
    default: 20_000,
    min: 0,
    importance: "LOW",
    doc: "Milliseconds to wait at most.",
  },
} as const satisfies ConfigDef;

export type RegistryConfig = ConfigOf<typeof REGISTRY_CONFIG>;
