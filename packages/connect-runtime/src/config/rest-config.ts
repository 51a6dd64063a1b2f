import type { ConfigDef } from "@millrace/connect-api";

/** Keys of the REST server (Java: `RestServerConfig`). */
export const REST_CONFIG = {
  listeners: {
    type: "LIST",
    default: ["http://:8083"],
    importance: "LOW",
    doc: "Addresses the REST API listens on, as scheme://host:port; an empty host means all interfaces.",
    check: listenersProblem,
  },
  "admin.listeners": {
    type: "LIST",
    default: null,
    importance: "LOW",
    doc: "Addresses of the admin endpoints. Unset: the same as the REST API; empty: no admin endpoints.",
    check: (value) =>
      Array.isArray(value) && value.length === 0 ? undefined : listenersProblem(value),
  },
  "rest.advertised.host.name": {
    type: "STRING",
    default: null,
    importance: "LOW",
    doc: "Host that other workers and clients reach this worker by.",
  },
  "rest.advertised.port": {
    type: "INT",
    default: null,
    importance: "LOW",
    doc: "Port that other workers and clients reach this worker by.",
  },
  "rest.advertised.listener": {
    type: "STRING",
    default: null,
    importance: "LOW",
    doc: "Which of the listeners is advertised: http or https.",
  },
  "access.control.allow.origin": {
    type: "STRING",
    default: "",
    importance: "LOW",
    doc: "Origin that browsers may call the REST API from; empty: their own only.",
  },
  "access.control.allow.methods": {
    type: "STRING",
    default: "",
    importance: "LOW",
    doc: "Methods allowed to browsers of other origins; by default GET, POST and HEAD.",
  },
  "response.http.headers.config": {
    type: "STRING",
    default: "",
    importance: "LOW",
    doc: "Rules for headers added to answers: [add|set|addDate|setDate] name: value, separated by commas.",
  },
  "rest.extension.classes": {
    type: "LIST",
    default: [],
    importance: "LOW",
    doc: "Plugins that extend the REST API.",
  },
} as const satisfies ConfigDef;

/** Keys of TLS, for the REST server and, prefixed, for Kafka clients (Java: `SslConfigs`). */
export const SSL_CONFIG = {
  "ssl.protocol": {
    type: "STRING",
    default: "TLSv1.3",
    importance: "MEDIUM",
    doc: "TLS version to begin with.",
  },
  "ssl.provider": {
    type: "STRING",
    default: null,
    importance: "MEDIUM",
    doc: "Java's security provider; without meaning here.",
  },
  "ssl.cipher.suites": {
    type: "LIST",
    default: [],
    importance: "LOW",
    doc: "Cipher suites to allow; by default those of the TLS library.",
  },
  "ssl.enabled.protocols": {
    type: "LIST",
    default: ["TLSv1.2", "TLSv1.3"],
    importance: "MEDIUM",
    doc: "TLS versions to accept.",
  },
  "ssl.keystore.type": {
    type: "STRING",
    default: "JKS",
    importance: "MEDIUM",
    doc: "Format of the key store.",
  },
  "ssl.keystore.location": {
    type: "STRING",
    default: null,
    importance: "HIGH",
    doc: "File with the certificate and its key.",
  },
  "ssl.keystore.password": {
    type: "PASSWORD",
    default: null,
    importance: "HIGH",
    doc: "Password of the key store.",
  },
  "ssl.key.password": {
    type: "PASSWORD",
    default: null,
    importance: "HIGH",
    doc: "Password of the private key.",
  },
  "ssl.keystore.key": {
    type: "PASSWORD",
    default: null,
    importance: "HIGH",
    doc: "Private key as PEM text.",
  },
  "ssl.keystore.certificate.chain": {
    type: "PASSWORD",
    default: null,
    importance: "HIGH",
    doc: "Certificate chain as PEM text.",
  },
  "ssl.truststore.type": {
    type: "STRING",
    default: "JKS",
    importance: "MEDIUM",
    doc: "Format of the trust store.",
  },
  "ssl.truststore.location": {
    type: "STRING",
    default: null,
    importance: "HIGH",
    doc: "File with the certificates to trust.",
  },
  "ssl.truststore.password": {
    type: "PASSWORD",
    default: null,
    importance: "HIGH",
    doc: "Password of the trust store.",
  },
  "ssl.truststore.certificates": {
    type: "PASSWORD",
    default: null,
    importance: "HIGH",
    doc: "Certificates to trust as PEM text.",
  },
  "ssl.keymanager.algorithm": {
    type: "STRING",
    default: "SunX509",
    importance: "LOW",
    doc: "Java's key manager; without meaning here.",
  },
  "ssl.trustmanager.algorithm": {
    type: "STRING",
    default: "PKIX",
    importance: "LOW",
    doc: "Java's trust manager; without meaning here.",
  },
  "ssl.endpoint.identification.algorithm": {
    type: "STRING",
    default: "https",
    importance: "LOW",
    doc: "How the server's name is checked against its certificate; empty: not at all.",
  },
  "ssl.secure.random.implementation": {
    type: "STRING",
    default: null,
    importance: "LOW",
    doc: "Java's random numbers; without meaning here.",
  },
  "ssl.engine.factory.class": {
    type: "CLASS",
    default: null,
    importance: "LOW",
    doc: "Java's TLS engine; cannot be replaced here.",
  },
  "ssl.client.auth": {
    type: "STRING",
    default: "none",
    oneOf: ["required", "requested", "none"],
    importance: "LOW",
    doc: "Whether clients of the REST API must show a certificate.",
  },
} as const satisfies ConfigDef;

function listenersProblem(value: unknown): string | undefined {
  const listeners = value as readonly string[];
  if (listeners.length === 0)
    return "Invalid value for listeners, at least one URL is expected, ex: http://localhost:8080,https://localhost:8443.";
  for (const listener of listeners) {
    if (!/^https?:\/\/(\[[0-9a-f:.]+\]|[^/:[\]]*):\d{1,5}\/?$/i.test(listener)) {
      return `Listener ${listener} is not a URL such as http://localhost:8083 or https://[::1]:8443`;
    }
  }
  return undefined;
}
