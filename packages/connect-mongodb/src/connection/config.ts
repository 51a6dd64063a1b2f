import { type ConfigDef, type ConfigOf } from "@millrace/connect-api";
import { connectionString } from "./connection-string.ts";

const SINK_URI = "mongodb://localhost:27017";
/** As Java's, a set on one machine. */
const SOURCE_URI = "mongodb://localhost:27017,localhost:27018,localhost:27019";

const uri = (defaultUri: string) =>
  ({
    type: "PASSWORD",
    default: defaultUri,
    check: connectionString,
    importance: "HIGH",
    group: "Connection",
    width: "MEDIUM",
    displayName: "MongoDB Connection URI",
    doc: "Connection string of the deployment, mongodb:// or mongodb+srv://, credentials and options included. A source needs a replica set or a sharded cluster.",
  }) as const;

const SERVER_API = {
  "server.api.version": {
    type: "STRING",
    default: "",
    importance: "MEDIUM",
    group: "Server Api",
    width: "MEDIUM",
    displayName: "The server API version.",
    doc: "Version of MongoDB's stable API to declare, such as 1; empty = none.",
  },
  "server.api.deprecation.errors": {
    type: "BOOLEAN",
    default: false,
    importance: "MEDIUM",
    group: "Server Api",
    width: "MEDIUM",
    displayName: "Deprecation errors",
    doc: "Whether commands that the declared API calls deprecated are errors.",
  },
  "server.api.strict": {
    type: "BOOLEAN",
    default: false,
    importance: "MEDIUM",
    group: "Server Api",
    width: "MEDIUM",
    displayName: "Strict",
    doc: "Whether commands that are not part of the declared API are errors.",
  },
} as const satisfies ConfigDef;

const SSL = {
  "connection.ssl.truststore": {
    type: "STRING",
    default: "",
    importance: "MEDIUM",
    group: "SSL",
    width: "LONG",
    displayName: "SSL TrustStore",
    doc: "File with the certificates of the authorities to trust, in PEM.",
  },
  "connection.ssl.truststorePassword": {
    type: "PASSWORD",
    default: "",
    importance: "MEDIUM",
    group: "SSL",
    width: "MEDIUM",
    displayName: "SSL TrustStore Password",
    doc: "Has no effect: a file in PEM has no password.",
  },
  "connection.ssl.keystore": {
    type: "STRING",
    default: "",
    importance: "MEDIUM",
    group: "SSL",
    width: "LONG",
    displayName: "SSL KeyStore",
    doc: "File with the client's certificate and key, in PEM or PKCS#12.",
  },
  "connection.ssl.keystorePassword": {
    type: "PASSWORD",
    default: "",
    importance: "MEDIUM",
    group: "SSL",
    width: "MEDIUM",
    displayName: "SSL KeyStore Password",
    doc: "Password of that file.",
  },
} as const satisfies ConfigDef;

/** The connection's keys, in the order in which the sink lists them. */
export const SINK_CONNECTION = {
  "connection.uri": uri(SINK_URI),
  ...SERVER_API,
  ...SSL,
} as const satisfies ConfigDef;

export const SOURCE_URI_KEY = { "connection.uri": uri(SOURCE_URI) } as const satisfies ConfigDef;
export const SERVER_KEYS = { ...SERVER_API, ...SSL } as const satisfies ConfigDef;

/** Where a deployment is and how it is spoken to. */
export type ConnectionConfig = ConfigOf<typeof SINK_CONNECTION>;
