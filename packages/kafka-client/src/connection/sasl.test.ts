import { expect, test } from "vitest";
import { SaslFailure, authenticate, scram } from "./sasl.ts";

/** The conversation of RFC 7677 §3. */
const RFC = {
  user: "user",
  password: "pencil",
  nonce: "rOprNGfwEbeRWgbNEkqO",
  clientFirst: "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
  serverFirst:
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
  clientFinal:
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
  serverFinal: "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
};
const SHA_256 = { algorithm: "sha256", length: 32 };

function scripted(...answers: string[]) {
  const sent: string[] = [];
  const exchange = async (bytes: Buffer) => {
    sent.push(bytes.toString());
    return Buffer.from(answers[sent.length - 1] ?? "");
  };
  return { sent, exchange };
}

test("SCRAM-SHA-256 as in RFC 7677", async () => {
  const { sent, exchange } = scripted(RFC.serverFirst, RFC.serverFinal);
  await scram(SHA_256, RFC.user, RFC.password, exchange, RFC.nonce);
  expect(sent).toEqual([RFC.clientFirst, RFC.clientFinal]);
});

test.each([
  ["a broker that does not know the password", RFC.serverFirst, "v=AAAA"],
  ["an error in the end", RFC.serverFirst, "e=invalid-proof"],
  ["a nonce that is not ours", "r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", ""],
  ["a nonce that adds nothing", `r=${RFC.nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`, ""],
  ["too few iterations", `r=${RFC.nonce}x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1`, ""],
  ["no fields at all", "garbage", ""],
])("SCRAM refuses %s", async (_what, first, final) => {
  const { exchange } = scripted(first, final);
  const attempt = scram(SHA_256, RFC.user, RFC.password, exchange, RFC.nonce);
  await expect(attempt).rejects.toThrow(SaslFailure);
  await expect(attempt).rejects.not.toThrow(RFC.password);
});

test("SCRAM escapes every comma and equals sign of a name", async () => {
  const { sent, exchange } = scripted("garbage");
  await scram(SHA_256, "a,b,c=d=e", "pw", exchange, "n").catch(() => {});
  expect(sent[0]).toBe("n,,n=a=2Cb=2Cc=3Dd=3De,r=n");
});

test("PLAIN sends name and password", async () => {
  const { sent, exchange } = scripted("");
  await authenticate({ mechanism: "PLAIN", username: "ålice", password: "sé:cret" }, exchange);
  expect(sent).toEqual(["\0ålice\0sé:cret"]);
});

test("OAUTHBEARER sends token and extensions, and asks for the reason of a refusal", async () => {
  const token = async () => ({ value: "abc", extensions: { traceId: "1" } });
  const accepted = scripted("");
  await authenticate({ mechanism: "OAUTHBEARER", token }, accepted.exchange);
  expect(accepted.sent).toEqual(["n,,\x01auth=Bearer abc\x01traceId=1\x01\x01"]);

  const refused = scripted('{"status":"invalid_token"}', "");
  const attempt = authenticate({ mechanism: "OAUTHBEARER", token }, refused.exchange);
  await expect(attempt).rejects.toThrow(/refused the token/);
  expect(refused.sent[1]).toBe("\x01");
});
