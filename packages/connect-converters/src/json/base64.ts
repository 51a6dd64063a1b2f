import { ConnectError } from "@millrace/connect-api";

/**
 * Decodes base64 as strictly as Jackson: a character outside the alphabet, or padding that
 * is missing, is an error (Node would skip over them). Blanks are let pass.
 * @throws {ConnectError} that names the character
 */
export function decodeBase64(text: string): Buffer {
  const bytes = Buffer.from(text, "base64");
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  // Node takes the two characters of the URL alphabet as well.
  if (bytes.length === (text.length / 4) * 3 - padding && !/[-_]/.test(text)) return bytes;
  const solid = text.replace(/\s/g, "");
  const odd = /[^A-Za-z0-9+/=]|=(?!=?$)/.exec(solid)?.[0];
  if (odd === undefined && solid.length % 4 === 0) return Buffer.from(solid, "base64");
  throw new ConnectError(
    `Cannot access contents of TextNode as binary due to broken Base64 encoding: ${what(odd)}`,
    { javaName: "com.fasterxml.jackson.databind.exc.InvalidFormatException" },
  );
}

/** @param odd the first character that may not stand there; undefined when there are too few */
function what(odd: string | undefined): string {
  if (odd !== undefined) {
    return `Illegal character '${odd}' (code 0x${odd.charCodeAt(0).toString(16)}) in base64 content`;
  }
  return "Unexpected end of base64-encoded String: base64 variant 'MIME-NO-LINEFEEDS' expects padding (one or more '=' characters) at the end. This Base64Variant might have been incorrectly configured";
}
