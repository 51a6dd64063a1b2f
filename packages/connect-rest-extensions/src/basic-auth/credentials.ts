export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/**
 * What a request's `Authorization` header says, as Java's
 * `JaasBasicAuthFilter.BasicAuthCredentials` reads it: undefined where it is missing, of another
 * scheme, or without user.
 * @throws {Error} with the words of Java's decoder when it is not Base64
 */
export function parseCredentials(header: string | undefined): Credentials | undefined {
  const space = header?.indexOf(" ") ?? -1;
  if (header === undefined || space <= 0) return undefined;
  if (header.slice(0, space).toUpperCase() !== "BASIC") return undefined;
  const text = decodeBase64(header.slice(space + 1)).toString();
  const colon = text.indexOf(":");
  if (colon <= 0) return undefined;
  return { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** Strict, as `java.util.Base64.getDecoder`, whose errors clients of the Java worker see. */
function decodeBase64(text: string): Buffer {
  const illegal = /[^A-Za-z0-9+/=]/.exec(text)?.[0];
  if (illegal !== undefined) {
    throw new Error(`Illegal base64 character ${illegal.charCodeAt(0).toString(16)}`);
  }
  const digits = text.replace(/={1,2}$/, "");
  if (digits.length % 4 === 1) throw new Error("Last unit does not have enough valid bits");
  const padded = digits.length < text.length;
  if (digits.includes("=") || (padded && text.length % 4 !== 0)) {
    throw new Error("Input byte array has wrong 4-byte ending unit");
  }
  return Buffer.from(text, "base64");
}
