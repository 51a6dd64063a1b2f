/** One login module of an entry. */
export interface LoginModule {
  readonly className: string;
  readonly options: ReadonlyMap<string, string>;
}

/**
 * A login configuration file as Java's `Configuration` reads it: entries of the form
 * `Name { ModuleClass flag option="value" …; … };`, with comments as in Java. Flags are checked
 * and then left aside (see `login`).
 * @throws {Error} that tells the line; nothing of the text, which may hold passwords (I5)
 */
export function parseJaasFile(text: string): ReadonlyMap<string, readonly LoginModule[]> {
  return new JaasReader(tokenize(text)).entries();
}

const FLAGS: ReadonlySet<string> = new Set(["required", "requisite", "sufficient", "optional"]);

interface Token {
  readonly text: string;
  readonly quoted: boolean;
  readonly line: number;
}

class JaasReader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  entries(): Map<string, LoginModule[]> {
    const entries = new Map<string, LoginModule[]>();
    while (this.#at < this.#tokens.length) {
      const name = this.#word("the name of an entry");
      if (entries.has(name)) throw new Error(`line ${this.#line()}: this entry is there twice`);
      this.#mark("{");
      const modules: LoginModule[] = [];
      while (!this.#isMark("}")) modules.push(this.#module());
      this.#mark("}");
      this.#mark(";");
      entries.set(name, modules);
    }
    return entries;
  }

  #module(): LoginModule {
    const className = this.#word("the class of a login module");
    const flag = this.#word("a flag such as required").toLowerCase();
    if (!FLAGS.has(flag)) {
      throw new Error(
        `line ${this.#line()}: the class of a login module must be followed by one of ${[...FLAGS].join(", ")}`,
      );
    }
    const options = new Map<string, string>();
    while (!this.#isMark(";")) {
      const name = this.#word("an option, or a semicolon");
      this.#mark("=");
      const value = this.#word("the value of an option");
      if (value.includes("${")) {
        throw new Error(
          `line ${this.#line()}: system properties are not known here: write the value of option ${name} out`,
        );
      }
      options.set(name, value);
    }
    this.#mark(";");
    return { className, options };
  }

  #word(what: string): string {
    const token = this.#tokens[this.#at];
    if (token === undefined || isMark(token)) {
      throw new Error(`line ${this.#line()}: ${what} is missing`);
    }
    this.#at++;
    return token.text;
  }

  #mark(mark: string): void {
    if (!this.#isMark(mark)) throw new Error(`line ${this.#line()}: ${mark} is missing`);
    this.#at++;
  }

  #isMark(mark: string): boolean {
    const token = this.#tokens[this.#at];
    return token !== undefined && isMark(token) && token.text === mark;
  }

  /** Of the token that is looked at, or the last one. */
  #line(): number {
    return (this.#tokens[this.#at] ?? this.#tokens.at(-1))?.line ?? 1;
  }
}

function isMark({ text, quoted }: Token): boolean {
  return !quoted && /^[{};=]$/.test(text);
}

const TOKEN =
  /\s+|\/\/.*|\/\*[^]*?\*\/|"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'|[{};=]|[^\s{};="'/]+/y;

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    if (match === null) throw new Error(`line ${line}: something here is no login configuration`);
    const [all, double, single] = match;
    const quoted = double ?? single;
    if (quoted !== undefined) {
      tokens.push({ text: quoted.replaceAll(/\\(.)/g, "$1"), quoted: true, line });
    } else if (!/^(\s|\/[/*])/.test(all)) {
      tokens.push({ text: all, quoted: false, line });
    }
    line += all.split("\n").length - 1;
  }
  return tokens;
}
