import type { Config, ConfigInfo } from "../client/answers.ts";

/** What stands in the place of a secret, in Kafka Connect's words. */
export const HIDDEN = "[hidden]";

/** Keys that hold secrets by their names, where nobody tells of what type they are. */
const SECRET_NAME =
  /(password|passwd|passphrase|secret|token|credential|jaas\.config|private\.?key|access\.?key|api\.?key|keystore\.key|user\.info)/i;
/** The variable of a config provider is no secret; what it stands for is. */
const VARIABLE = /^\$\{[^{}]+\}$/;

/** Which keys of configurations hold secrets. */
export class SecretKeys {
  readonly #types: ReadonlyMap<string, string>;

  /** @param configs what a validation says about keys; their names decide about others */
  constructor(configs: readonly ConfigInfo[] = []) {
    this.#types = new Map(
      configs.flatMap(({ definition }) =>
        definition === null ? [] : [[definition.name, definition.type] as const],
      ),
    );
  }

  has(key: string): boolean {
    return this.#types.get(key) === "PASSWORD" || SECRET_NAME.test(key);
  }

  /** A value as it may be shown. */
  shown(key: string, value: string): string {
    if (value === "" || VARIABLE.test(value) || !this.has(key)) return hideUrlPassword(value);
    return HIDDEN;
  }

  hideIn(config: Config): Config {
    const entries = Object.entries(config).map(([key, value]) => [key, this.shown(key, value)]);
    return Object.fromEntries(entries) as Config;
  }
}

/** `postgresql://user:password@host`, `jdbc:…?password=…`. */
export function hideUrlPassword(value: string): string {
  return value
    .replaceAll(/(\/\/[^/\s:@]*:)[^/\s@]+@/g, `$1${HIDDEN}@`)
    .replaceAll(/([?&;](?:password|pwd|secret|token)=)[^&;\s]+/gi, `$1${HIDDEN}`);
}
