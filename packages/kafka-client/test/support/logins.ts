/** Every kind of character that a quoted value of sasl.jaas.config may need an escape for. */
export const PASSWORD = String.raw`hush "hush\ ;=1`;
const MODULES = "org.apache.kafka.common.security";
const quoted = (text: string) => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;

/** Client settings that log alice in. */
export const plain = (password: string) => ({
  "security.protocol": "SASL_PLAINTEXT",
  "sasl.mechanism": "PLAIN",
  "sasl.jaas.config": `${MODULES}.plain.PlainLoginModule required username="alice" password=${quoted(password)};`,
});
export const scram = (bits: 256 | 512, password: string) => ({
  "security.protocol": "SASL_PLAINTEXT",
  "sasl.mechanism": `SCRAM-SHA-${bits}`,
  "sasl.jaas.config": `${MODULES}.scram.ScramLoginModule required username="alice" password=${quoted(password)};`,
});
/** @param lifetime in seconds */
export const token = (lifetime: number) => ({
  "security.protocol": "SASL_PLAINTEXT",
  "sasl.mechanism": "OAUTHBEARER",
  "sasl.jaas.config": `${MODULES}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="alice" unsecuredLoginLifetimeSeconds="${lifetime}";`,
});
