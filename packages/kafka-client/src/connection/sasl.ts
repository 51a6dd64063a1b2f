import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

export type SaslOptions =
  | { mechanism: "PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512"; username: string; password: string }
  | { mechanism: "OAUTHBEARER"; token: () => Promise<OAuthToken> };

export interface OAuthToken {
  value: string;
  extensions?: Record<string, string>;
}

/** Sends one SASL message, resolves with the broker's. Rejects when the broker refuses. */
export type SaslExchange = (bytes: Buffer) => Promise<Buffer>;

/** A refusal found on our side. Its message holds nothing that the user gave as a secret. */
export class SaslFailure extends Error {}

export function authenticate(sasl: SaslOptions, exchange: SaslExchange): Promise<void> {
  switch (sasl.mechanism) {
    case "PLAIN":
      return plain(sasl.username, sasl.password, exchange);
    case "SCRAM-SHA-256":
    case "SCRAM-SHA-512":
      return scram(SCRAM[sasl.mechanism], sasl.username, sasl.password, exchange);
    case "OAUTHBEARER":
      return oauthBearer(sasl.token, exchange);
  }
}

/** RFC 4616 */
async function plain(username: string, password: string, exchange: SaslExchange): Promise<void> {
  await exchange(Buffer.from(`\0${username}\0${password}`));
}

/** RFC 7628 */
async function oauthBearer(
  getToken: () => Promise<OAuthToken>,
  exchange: SaslExchange,
): Promise<void> {
  const token = await getToken();
  const extensions = Object.entries(token.extensions ?? {}).map(([k, v]) => `${k}=${v}\x01`);
  const refusal = await exchange(
    Buffer.from(`n,,\x01auth=Bearer ${token.value}\x01${extensions.join("")}\x01`),
  );
  // A refused token is answered with a JSON document; the broker then waits for one more message,
  // and answers that with the error (RFC 7628 §3.2.3). Without it the refusal stays unclear.
  if (refusal.length > 0) {
    await exchange(Buffer.from("\x01"));
    throw new SaslFailure("the broker refused the token");
  }
}

interface ScramHash {
  readonly algorithm: string;
  readonly length: number;
}

const SCRAM = {
  "SCRAM-SHA-256": { algorithm: "sha256", length: 32 },
  "SCRAM-SHA-512": { algorithm: "sha512", length: 64 },
} as const satisfies Record<string, ScramHash>;

/** Fewer iterations than RFC 7677's minimum would let a false broker learn the password. */
const MIN_ITERATIONS = 4096;

const derive = promisify(pbkdf2);

/** RFC 5802, without channel binding, as Java's ScramSaslClient. */
export async function scram(
  hash: ScramHash,
  username: string,
  password: string,
  exchange: SaslExchange,
  nonce = randomBytes(18).toString("base64"),
): Promise<void> {
  const name = username.replaceAll("=", "=3D").replaceAll(",", "=2C");
  const clientFirst = `n=${name},r=${nonce}`;
  const serverFirst = (await exchange(Buffer.from(`n,,${clientFirst}`))).toString();
  const first = scramFields(serverFirst);
  const serverNonce = first.get("r") ?? "";
  const iterations = Number(first.get("i"));
  if (!serverNonce.startsWith(nonce) || serverNonce === nonce)
    throw new SaslFailure("the broker's SCRAM nonce does not continue ours");
  if (!(iterations >= MIN_ITERATIONS))
    throw new SaslFailure(`the broker asks for fewer than ${MIN_ITERATIONS} SCRAM iterations`);

  const hmac = (key: Buffer, text: string) => createHmac(hash.algorithm, key).update(text).digest();
  const salt = Buffer.from(first.get("s") ?? "", "base64");
  const salted = await derive(password, salt, iterations, hash.length, hash.algorithm);
  const clientKey = hmac(salted, "Client Key");
  const storedKey = createHash(hash.algorithm).update(clientKey).digest();
  const withoutProof = `c=biws,r=${serverNonce}`;
  const authMessage = `${clientFirst},${serverFirst},${withoutProof}`;
  const signature = hmac(storedKey, authMessage);
  const proof = clientKey.map((byte, i) => byte ^ signature[i]!);
  const final = `${withoutProof},p=${Buffer.from(proof).toString("base64")}`;
  const last = scramFields((await exchange(Buffer.from(final))).toString());

  if (last.has("e")) throw new SaslFailure(`the broker answered "${last.get("e")}"`);
  const expected = hmac(hmac(salted, "Server Key"), authMessage);
  const verifier = Buffer.from(last.get("v") ?? "", "base64");
  if (verifier.length !== expected.length || !timingSafeEqual(verifier, expected))
    throw new SaslFailure("the broker does not know the password either (its signature is wrong)");
}

function scramFields(message: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const field of message.split(",")) fields.set(field.slice(0, 1), field.slice(2));
  return fields;
}
