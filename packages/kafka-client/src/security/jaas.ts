import { KafkaError } from "../errors.ts";

export interface JaasEntry {
  /** Class name without its package. */
  loginModule: string;
  options: ReadonlyMap<string, string>;
}

/**
 * The one entry of sasl.jaas.config: `LoginModuleClass controlFlag key=value … ;`, values in double
 * quotes where they are not plain words, with Java's string escapes inside (JaasConfig, which reads
 * with a StreamTokenizer).
 * @throws KafkaError INVALID_CONFIG that shows nothing of the text: it holds passwords (I5)
 */
export function parseJaas(text: string): JaasEntry {
  const tokens = tokenize(text);
  const loginModule = tokens.shift();
  if (loginModule === undefined || isMark(loginModule)) throw invalid("it names no login module");
  const flag = tokens.shift()?.text.toLowerCase();
  if (!["required", "requisite", "sufficient", "optional"].includes(flag ?? ""))
    throw invalid("no control flag, such as required, follows the login module");
  const options = new Map<string, string>();
  for (;;) {
    const name = tokens.shift();
    if (name === undefined) throw invalid("it does not end with a semicolon");
    if (isMark(name, ";")) break;
    const [equals, value] = tokens.splice(0, 2);
    if (isMark(name) || !isMark(equals, "=") || value === undefined || isMark(value))
      throw invalid(`option ${options.size + 1} of the login module is not name="value"`);
    options.set(name.text, value.text);
  }
  if (tokens.length > 0) throw invalid("it has more than one login module");
  const name = loginModule.text;
  return { loginModule: name.slice(name.lastIndexOf(".") + 1), options };
}

interface Token {
  text: string;
  quoted: boolean;
}

/** An equals sign or semicolon that is not part of a value. */
function isMark(token: Token | undefined, mark?: "=" | ";"): boolean {
  if (token === undefined || token.quoted) return false;
  return mark === undefined ? token.text === "=" || token.text === ";" : token.text === mark;
}

const TOKEN = /\s*(?:"((?:[^"\\\n]|\\[^])*)"|'((?:[^'\\\n]|\\[^])*)'|([;=]|[^\s;="']+))/y;

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const match = TOKEN.exec(text);
    if (match === null) throw invalid("a quoted value does not end");
    const quoted = match[1] ?? match[2];
    if (quoted === undefined) tokens.push({ text: match[3] ?? "", quoted: false });
    else tokens.push({ text: unescape(quoted), quoted: true });
  }
  return tokens;
}

const ESCAPES: Record<string, string> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f", a: "\x07" };

/** Backslash, then a letter of {@link ESCAPES}, up to three octal digits, or the character itself. */
function unescape(text: string): string {
  return text.replaceAll(/\\([0-3]?[0-7]{1,2}|[^])/g, (_, code: string) =>
    /^[0-7]/.test(code) ? String.fromCharCode(Number.parseInt(code, 8)) : (ESCAPES[code] ?? code),
  );
}

function invalid(why: string): KafkaError {
  return new KafkaError(
    "INVALID_CONFIG",
    `Invalid value [hidden] for configuration sasl.jaas.config: ${why}`,
  );
}
