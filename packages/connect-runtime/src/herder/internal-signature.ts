import { createHmac, timingSafeEqual } from "node:crypto";
import { ConnectError } from "@millrace/connect-api";
import { macDigest } from "../config/mac-algorithms.ts";
import type { SessionKey } from "../store/config-snapshot.ts";
import { BadRequestError } from "./bad-request.ts";
import type { RequestProof } from "./herder.ts";

export const SIGNATURE_HEADER = "X-Connect-Authorization";
export const ALGORITHM_HEADER = "X-Connect-Request-Signature-Algorithm";

/** An internal request that this worker cannot check (503), or that is forged (403). */
export class InternalRequestError extends ConnectError {
  readonly status: 403 | 503;

  constructor(status: 403 | 503, message: string) {
    super(message, {
      javaName: "org.apache.kafka.connect.runtime.rest.errors.ConnectRestException",
    });
    this.status = status;
  }
}

/** What one worker demands of the internal requests of others. */
export interface SignatureRules {
  /** The group's protocol is `sessioned`; before that, requests were not signed. */
  readonly protocolSigned: boolean;
  /** The latest one read from the config topic. */
  readonly sessionKey: SessionKey | undefined;
  /** `inter.worker.verification.algorithms` */
  readonly verificationAlgorithms: readonly string[];
}

/**
 * The headers that show that a request comes from a worker of the cluster (KIP-507; Java:
 * `InternalRequestSignature.addToRequest`).
 * @param body byte by byte; empty for a request without
 * @param algorithm `inter.worker.signature.algorithm`
 * @throws {ConnectError} for an algorithm that is not available
 */
export function sign(body: Buffer, key: Buffer, algorithm: string): Record<string, string> {
  const digest = macDigest(algorithm);
  if (digest === undefined) {
    throw new ConnectError(
      `Requests to the leader cannot be signed: algorithm ${algorithm} (inter.worker.signature.algorithm) is not available`,
    );
  }
  return {
    [ALGORITHM_HEADER]: algorithm,
    [SIGNATURE_HEADER]: createHmac(digest, key).update(body).digest("base64"),
  };
}

/**
 * Lets only requests of the cluster's own workers pass.
 * @throws {BadRequestError} when the signature is missing, or not made as this worker demands
 * @throws {InternalRequestError} 503 while there is no key to check it with, 403 when it is wrong
 */
export function verify(proof: RequestProof, rules: SignatureRules): void {
  const signature = signatureOf(proof);
  if (!rules.protocolSigned) return;
  if (signature === undefined) {
    throw new BadRequestError("Internal request missing required signature");
  }
  const { algorithm, digest, mac } = signature;
  if (!rules.verificationAlgorithms.includes(algorithm)) {
    throw new BadRequestError(
      `This worker does not accept requests signed with ${algorithm}, only with ${rules.verificationAlgorithms.join(", ")}. Give all workers the same inter.worker.verification.algorithms, and among them each one's inter.worker.signature.algorithm`,
    );
  }
  if (rules.sessionKey === undefined) {
    throw new InternalRequestError(
      503,
      "This worker has not read a session key from the config topic yet: ask again",
    );
  }
  const expected = createHmac(digest, rules.sessionKey.key).update(proof.body).digest();
  if (mac.length !== expected.length || !timingSafeEqual(mac, expected)) {
    throw new InternalRequestError(403, "Internal request contained invalid signature.");
  }
}

interface Signature {
  readonly algorithm: string;
  readonly digest: string;
  readonly mac: Buffer;
}

/** As in Java, a signature that cannot be read is refused even where none is needed. */
function signatureOf({ signature, algorithm }: RequestProof): Signature | undefined {
  if (signature === undefined || algorithm === undefined) return undefined;
  const digest = macDigest(algorithm);
  if (digest === undefined) throw new BadRequestError(`Algorithm ${algorithm} not available`);
  // Node would read anything, leaving out what is not base64.
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/.test(signature)) {
    throw new BadRequestError(`Header ${SIGNATURE_HEADER} is not base64`);
  }
  return { algorithm, digest, mac: Buffer.from(signature, "base64") };
}
