const SECRET =
  /passw|passphrase|secret|token|credential|jaas|private|api[._-]?key|access[._-]?key/i;

/** Whether a key is named like one for a secret, for where no table tells its type (I5). */
export function looksSecret(key: string): boolean {
  return SECRET.test(key);
}
