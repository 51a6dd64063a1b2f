import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { statusOf } from "../rest/rest-error.ts";
import type { RequestProof } from "./herder.ts";
import {
  ALGORITHM_HEADER,
  sign,
  type SignatureRules,
  SIGNATURE_HEADER,
  verify,
} from "./internal-signature.ts";

const KEY = Buffer.from("0123456789abcdef0123456789abcdef");
const BODY = Buffer.from(`[{"a":"b"}]`);
const ALGORITHMS = ["HmacSHA256", "HmacSHA1", "HmacSHA224", "HmacSHA384", "HmacSHA512", "HmacMD5"];

function rules(changes: Partial<SignatureRules> = {}): SignatureRules {
  return {
    protocolSigned: true,
    sessionKey: { key: KEY, algorithm: "HmacSHA256", createdMs: 0 },
    verificationAlgorithms: ["HmacSHA256"],
    ...changes,
  };
}

function proof(changes: Partial<RequestProof> = {}): RequestProof {
  const headers = sign(BODY, KEY, "HmacSHA256");
  return {
    body: BODY,
    signature: headers[SIGNATURE_HEADER],
    algorithm: headers[ALGORITHM_HEADER],
    ...changes,
  };
}

/** The status and text a request is answered with; undefined where it passes. */
function refusal(sent: RequestProof, demanded: SignatureRules): [number, string] | undefined {
  try {
    verify(sent, demanded);
    return undefined;
  } catch (error) {
    return [statusOf(error), (error as Error).message];
  }
}

describe("signatures", () => {
  test("are those of RFC 4231 and RFC 2202, test case 2", () => {
    const key = Buffer.from("Jefe");
    const body = Buffer.from("what do ya want for nothing?");
    const hex = (algorithm: string) =>
      Buffer.from(sign(body, key, algorithm)[SIGNATURE_HEADER]!, "base64").toString("hex");
    expect(hex("HmacSHA256")).toBe(
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    );
    expect(hex("HmacSHA224")).toBe("a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44");
    expect(hex("HmacSHA1")).toBe("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    expect(hex("HmacMD5")).toBe("750c783e6ab0b503eaa86e310a5db738");
  });

  test("are known by Java's names, in any case", () => {
    for (const name of [...ALGORITHMS, "hmacsha256", "HmacSHA512/256", "HmacSHA3-256"]) {
      expect(sign(BODY, KEY, name)[SIGNATURE_HEADER]).toMatch(/^[\w+/]+=*$/);
    }
    for (const name of ["sha256", "constructor", ""]) {
      expect(() => sign(BODY, KEY, name)).toThrow(/not available/);
    }
    expect(() => sign(BODY, KEY, "Nope")).toThrow(/Nope \(inter\.worker\.signature\.algorithm\)/);
  });

  test("that were made with the session key pass, others do not", () => {
    fc.assert(
      fc.property(
        fc.uint8Array(),
        fc.uint8Array({ minLength: 1 }),
        fc.constantFrom(...ALGORITHMS),
        fc.uint8Array({ minLength: 1 }),
        (bytes, keyBytes, algorithm, more) => {
          const [body, key] = [Buffer.from(bytes), Buffer.from(keyBytes)];
          const headers = sign(body, key, algorithm);
          const sent = { body, signature: headers[SIGNATURE_HEADER], algorithm };
          const sessionKey = { key, algorithm, createdMs: 0 };
          const demanded = rules({ sessionKey, verificationAlgorithms: ALGORITHMS });
          expect(refusal(sent, demanded)).toBeUndefined();
          const longer = { ...sent, body: Buffer.concat([body, more]) };
          expect(refusal(longer, demanded)?.[0]).toBe(403);
          // A MAC pads its key with zeros, so a key that differs only in those is the same.
          const other = Buffer.from(key);
          other[0] = other[0]! ^ 1;
          const otherKey = { ...demanded, sessionKey: { ...sessionKey, key: other } };
          expect(refusal(sent, otherKey)?.[0]).toBe(403);
        },
      ),
    );
  });
});

describe("an internal request", () => {
  test.each<[string, Partial<RequestProof>, Partial<SignatureRules>, number, string | RegExp]>([
    [
      "without a signature",
      { signature: undefined },
      {},
      400,
      "Internal request missing required signature",
    ],
    [
      "without an algorithm",
      { algorithm: undefined },
      {},
      400,
      "Internal request missing required signature",
    ],
    [
      "with an unknown algorithm",
      { algorithm: "Nope", signature: "AAAA" },
      {},
      400,
      "Algorithm Nope not available",
    ],
    [
      "with an unknown algorithm, where no signature is needed",
      { algorithm: "Nope", signature: "AAAA" },
      { protocolSigned: false },
      400,
      "Algorithm Nope not available",
    ],
    [
      "with an algorithm that is not permitted",
      { algorithm: "HmacSHA1" },
      {},
      400,
      /HmacSHA1, only with HmacSHA256.*inter\.worker\.verification\.algorithms/,
    ],
    [
      "with a signature that is not base64",
      { signature: "A!AA" },
      {},
      400,
      "Header X-Connect-Authorization is not base64",
    ],
    ["before a session key is there", {}, { sessionKey: undefined }, 503, /session key/],
    [
      "with another signature",
      { signature: "AAAA" },
      {},
      403,
      "Internal request contained invalid signature.",
    ],
    [
      "with an empty signature",
      { signature: "" },
      {},
      403,
      "Internal request contained invalid signature.",
    ],
    [
      "with another body",
      { body: Buffer.alloc(0) },
      {},
      403,
      "Internal request contained invalid signature.",
    ],
  ])("%s is refused", (_, sent, demanded, status, text) => {
    const [code, message] = refusal(proof(sent), rules(demanded)) ?? [];
    expect(code).toBe(status);
    expect(message).toMatch(
      typeof text === "string" ? new RegExp(`^${text.replaceAll(".", "\\.")}$`) : text,
    );
  });

  test("that is signed passes, also without padding", () => {
    expect(refusal(proof(), rules())).toBeUndefined();
    const signature = proof().signature!;
    expect(signature).toMatch(/=$/);
    expect(refusal(proof({ signature: signature.replace(/=+$/, "") }), rules())).toBeUndefined();
  });

  test("needs no signature in groups of older protocols", () => {
    const unsigned = { signature: undefined, algorithm: undefined };
    expect(refusal(proof(unsigned), rules({ protocolSigned: false }))).toBeUndefined();
    const demanded = rules({ protocolSigned: false, sessionKey: undefined });
    expect(refusal(proof(), demanded)).toBeUndefined();
  });

  test("is refused with a signature of the wrong key, and no key is shown", () => {
    const forged = sign(BODY, Buffer.from("other"), "HmacSHA256")[SIGNATURE_HEADER];
    const [status, message] = refusal(proof({ signature: forged }), rules()) ?? [];
    expect(status).toBe(403);
    expect(message).not.toContain(KEY.toString("base64"));
  });
});
