import { errors } from "@elastic/transport";
import type { Config } from "../config/config.ts";
import { credentialsProblem } from "./credentials.ts";
import { remedyFor } from "./remedies.ts";
import { isTransientStatus, RequestError } from "./request-error.ts";

/**
 * Our error for the driver's, which is not kept: it holds the request's body and, deep
 * inside, the password (I5).
 * @param what was attempted: "write 2 records"
 */
export function explainError(what: string, error: unknown, config: Config): unknown {
  if (!(error instanceof errors.ElasticsearchClientError)) return error;
  const cause = new Error(`${error.name}: ${error.message}`);
  const cannot = `Cannot ${what} at ${hostOf(error) ?? config["connection.url"].join(", ")}`;
  if (error instanceof errors.ResponseError) return explainAnswer(cannot, error, cause, config);
  const why =
    error instanceof errors.TimeoutError
      ? `no answer within read.timeout.ms (${config["read.timeout.ms"]} ms)`
      : `${error.message}; ${connectionRemedy(error.message, config)}`;
  return new RequestError(`${cannot}: ${why}`, { transient: true, cause });
}

function explainAnswer(
  cannot: string,
  error: errors.ResponseError,
  cause: Error,
  config: Config,
): RequestError {
  const status = error.statusCode ?? 0;
  const { type, reason } = errorOf(error);
  const details = { status, type, transient: isTransientStatus(status), cause };
  switch (status) {
    case 401:
      return new RequestError(`${cannot}: ${credentialsProblem(config)}`, details);
    case 413:
      return new RequestError(
        `${cannot}: the request is too large (413); lower bulk.size.bytes, or raise http.max_content_length of Elasticsearch and the limit of proxies on the way`,
        details,
      );
    default: {
      const why = [type, reason].filter(Boolean).join(": ") || "no reason given";
      // A HEAD has no body that would say more.
      const known = type ?? (status === 403 ? "security_exception" : "");
      return new RequestError(
        `${cannot}: status ${status}: ${why}${remedyFor(known, why)}`,
        details,
      );
    }
  }
}

/** Scheme, host and port of the node that was spoken to. */
function hostOf(error: errors.ElasticsearchClientError): string | undefined {
  const { meta } = error as { meta?: { meta?: { connection?: { url?: URL } | null } } };
  return meta?.meta?.connection?.url?.origin;
}

/** What an answer says: Elasticsearch's error object, or a proxy's text. */
function errorOf(error: errors.ResponseError): { type?: string; reason?: string } {
  const body: unknown = error.body;
  if (typeof body === "string") return { reason: body.slice(0, 200) };
  const { error: inner } = (body ?? {}) as { error?: unknown };
  if (typeof inner === "string") return { reason: inner };
  const { type, reason } = (inner ?? {}) as { type?: string; reason?: string };
  return { ...(type !== undefined && { type }), ...(reason !== undefined && { reason }) };
}

function connectionRemedy(message: string, config: Config): string {
  if (/certificate|altnames|self.signed|SSL|TLS/i.test(message)) {
    return "check that connection.url has the host name of the certificate, and name the authority that issued it in elastic.https.ssl.truststore.location with elastic.security.protocol=SSL, or in NODE_EXTRA_CA_CERTS";
  }
  const { "proxy.host": host, "proxy.port": port } = config;
  const proxy = host === "" ? "" : `, and the proxy ${host}:${port} (proxy.*)`;
  return `check connection.url${proxy}, and that the server runs and can be reached from here`;
}
