import type { Props } from "@millrace/connect-api";
import type { RawProps } from "../../config/raw-props.ts";
import { Secrets } from "../../config/secrets.ts";
import { WORDS } from "../../dry-run/steps.ts";
import type { ConfigInfos } from "../config-infos.ts";

const ANSWER_WORDS: ReadonlySet<string> = new Set([...WORDS, "verdict", "class", "type"]);

const HIDDEN = "[hidden]";
/** User and password of an address. */
const CREDENTIALS = /(:\/\/)[^/?#@\s]+@/g;
const PASSWORD_PARAMETER = /([?&;](?:password|passwd|pwd|secret|token)=)[^&;\s]*/gi;

/** How an existing configuration would change. */
export interface ConfigDiff {
  /** Whether there is a connector of this name. */
  readonly exists: boolean;
  readonly added: Props;
  readonly removed: Props;
  readonly changed: Readonly<Record<string, { readonly from: string; readonly to: string }>>;
}

/** Configurations as an answer shows them: no key of type PASSWORD, no credentials in addresses (I5). */
export class ShownConfig {
  readonly #passwords: ReadonlySet<string>;
  readonly #secrets: Secrets;

  /** @param configs whose passwords are kept out of everything that is shown */
  constructor({ configs: infos }: ConfigInfos, configs: readonly RawProps[]) {
    this.#passwords = new Set(
      infos.flatMap(({ definition, value }) =>
        definition?.type === "PASSWORD" ? [value.name] : [],
      ),
    );
    this.#secrets = new Secrets(
      configs.flatMap((config) =>
        Object.entries(config).flatMap(([key, text]) =>
          text !== null && this.#passwords.has(key) ? [text] : [],
        ),
      ),
    );
  }

  /** An answer without the passwords, wherever in its texts they stand. */
  hideIn<T>(answer: T): T {
    return this.#secrets.hideInTexts(answer, ANSWER_WORDS);
  }

  props(props: Props): Props {
    return Object.fromEntries(
      Object.entries(props).map(([key, text]) => [key, this.#shown(key, text)]),
    );
  }

  diff(before: Props | undefined, after: Props): ConfigDiff {
    const old = before ?? {};
    const keysOf = (props: Props) => Object.keys(props).toSorted();
    const pick = (props: Props, keys: readonly string[]) =>
      this.props(Object.fromEntries(keys.map((key) => [key, props[key]!])));
    const has = (props: Props, key: string) => Object.hasOwn(props, key);
    const changed = keysOf(after).filter((key) => has(old, key) && old[key] !== after[key]);
    return {
      exists: before !== undefined,
      added: pick(
        after,
        keysOf(after).filter((key) => !has(old, key)),
      ),
      removed: pick(
        old,
        keysOf(old).filter((key) => !has(after, key)),
      ),
      changed: Object.fromEntries(
        changed.map((key) => [
          key,
          { from: this.#shown(key, old[key]!), to: this.#shown(key, after[key]!) },
        ]),
      ),
    };
  }

  #shown(key: string, text: string): string {
    if (this.#passwords.has(key)) return HIDDEN;
    return this.#secrets
      .hide(text)
      .replaceAll(CREDENTIALS, `$1${HIDDEN}@`)
      .replaceAll(PASSWORD_PARAMETER, `$1${HIDDEN}`);
  }
}
