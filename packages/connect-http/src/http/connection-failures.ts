/** Before a connection is there: nothing was sent. */
const NOT_SENT: ReadonlySet<unknown> = new Set([
  "EAI_AGAIN",
  "ECONNREFUSED",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "ENETDOWN",
  "ENETUNREACH",
  "ENOTFOUND",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_PRX_CONN",
  "UND_ERR_PRX_TLS",
]);

const TLS_CODES =
  /^(?:ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|EPROTO$|HOSTNAME_MISMATCH$|INVALID_(?:CA|PURPOSE)$)/;

/** True when the server cannot have seen the request. */
export function wasNotSent(code: unknown): boolean {
  return NOT_SENT.has(code);
}

/** True for what comes of certificates and protocol versions, which no retry changes. */
export function isTlsProblem(code: unknown, message: string): boolean {
  return (
    (typeof code === "string" && TLS_CODES.test(code)) ||
    /self.signed certificate|wrong version number/i.test(message)
  );
}

/** The status with which a proxy refused to pass a request on; undici has it in the message alone. */
export function refusedByProxy(message: string): number | undefined {
  const match = /^Proxy (?:response|Authentication Required) \((\d{3})\)/.exec(message);
  return match === null ? undefined : Number(match[1]);
}
