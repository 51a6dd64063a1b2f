import { type ConfigData, type ConfigProvider, ConnectError } from "@millrace/connect-api";
import type { RawProps } from "../config/raw-props.ts";
import { replaceVariables, type Variable, variablesIn } from "../config/variables.ts";

/** Configurations whose variables are replaced. */
export interface Resolved<P> {
  /** As many as were given, in their order. */
  readonly configs: readonly P[];
  /** The values that replaced variables. */
  readonly values: ReadonlySet<string>;
  /** Keys with at least one variable that was replaced. */
  readonly keys: ReadonlySet<string>;
  /** Milliseconds for which all values are good; undefined where no provider set a limit. */
  readonly ttlMs: number | undefined;
  /** Variables of known providers that have no value, one sentence each. */
  readonly problems: readonly string[];
}

type Lookups = Map<string, Map<string, Readonly<Record<string, string>>>>;

/**
 * Replaces variables by what the providers of a worker know (Java: `ConfigTransformer`).
 * Providers are made when the first variable needs one, in the thread that resolves it, and
 * kept.
 */
export class ConfigVariables {
  readonly #create: () => Promise<ReadonlyMap<string, ConfigProvider>>;
  #providers: Promise<ReadonlyMap<string, ConfigProvider>> | undefined;

  /** @param create makes the providers; called again after it failed */
  constructor(create: () => Promise<ReadonlyMap<string, ConfigProvider>>) {
    this.#create = create;
  }

  /**
   * Configurations that belong together: a provider is asked once for each of its paths, so
   * that all of them see the same values.
   * @throws {ConnectError} that a provider cannot be made; or what a provider threw
   */
  async resolve<P extends RawProps>(...raw: readonly P[]): Promise<Resolved<P>> {
    const variables = raw.flatMap((props) =>
      Object.values(props).flatMap((text) => (text === null ? [] : variablesIn(text))),
    );
    const { lookups, ttlMs } = await this.#lookUp(variables);
    const values = new Set<string>();
    const keys = new Set<string>();
    const problems = new Set<string>();
    const resolveText = (key: string, text: string): string =>
      replaceVariables(text, (variable) => {
        const value = valueOf(variable, lookups);
        if (value !== undefined) {
          values.add(value);
          keys.add(key);
        } else if (lookups.has(variable.provider)) {
          problems.add(
            `${variable.text} in ${key} stays as it is: provider ${variable.provider} has no such value, or may not read it`,
          );
        }
        return value;
      });
    const configs = raw.map(
      (props) =>
        Object.fromEntries(
          Object.entries(props).map(([key, text]) => [key, text && resolveText(key, text)]),
        ) as P,
    );
    return { configs, values, keys, ttlMs, problems: [...problems] };
  }

  async #lookUp(
    variables: readonly Variable[],
  ): Promise<{ lookups: Lookups; ttlMs: number | undefined }> {
    const lookups: Lookups = new Map();
    const ttls: number[] = [];
    if (variables.length === 0) return { lookups, ttlMs: undefined };
    for (const [name, provider] of await this.#made()) {
      const own = variables.filter((variable) => variable.provider === name);
      const paths = new Map<string, Readonly<Record<string, string>>>();
      for (const path of new Set(own.map((variable) => variable.path))) {
        const keys = new Set(own.filter((v) => v.path === path).map((v) => v.key));
        const { data, ttlMs } = checked(name, await provider.get(path, [...keys]));
        paths.set(path, data);
        if (ttlMs !== undefined && ttlMs >= 0) ttls.push(ttlMs);
      }
      lookups.set(name, paths);
    }
    return { lookups, ttlMs: ttls.length === 0 ? undefined : Math.min(...ttls) };
  }

  async #made(): Promise<ReadonlyMap<string, ConfigProvider>> {
    const making = (this.#providers ??= this.#create());
    try {
      return await making;
    } catch (error) {
      // Whatever kept them away may be over next time.
      if (this.#providers === making) this.#providers = undefined;
      throw error;
    }
  }
}

function valueOf({ provider, path, key }: Variable, lookups: Lookups): string | undefined {
  const data = lookups.get(provider)?.get(path);
  return data !== undefined && Object.hasOwn(data, key) ? data[key] : undefined;
}

/** What a provider gave, if it is what the contract says. */
function checked(name: string, given: ConfigData): ConfigData {
  const data: unknown = (given as ConfigData | undefined)?.data;
  const valid =
    typeof data === "object" &&
    data !== null &&
    Object.values(data).every((value) => typeof value === "string");
  if (valid) return given;
  throw new ConnectError(`Config provider ${name} returned something else than texts by key`);
}
