import {
  type ConfigDef,
  type ConfigValue,
  isConnectError,
  type Props,
  validateConfig,
} from "@millrace/connect-api";
import { askDeployment } from "./connection/check-connection.ts";
import type { ConnectionConfig } from "./connection/config.ts";
import { unsupported, unsupportedKeys } from "./unsupported-keys.ts";

/** What is found out about a configuration, key by key. */
export class Validation {
  readonly values: ConfigValue[];

  /** Checks each key by itself. */
  constructor(table: ConfigDef, props: Props) {
    this.values = validateConfig(table, props);
    for (const key of unsupportedKeys(props)) this.report(key, unsupported(key));
  }

  get isFine(): boolean {
    return this.values.every(({ errors }) => errors.length === 0);
  }

  /** Adds an error to a key, which need not be in the table. */
  report(key: string, message: string): void {
    let value = this.values.find(({ name }) => name === key);
    if (value === undefined) {
      value = { name: key, value: null, recommendedValues: [], errors: [], visible: true };
      this.values.push(value);
    }
    value.errors.push(message);
  }

  /** Reports what an attempt throws, under the key that it names or the one given. */
  attempt(key: string, what: () => unknown): void {
    try {
      what();
    } catch (error) {
      if (!isConnectError(error)) throw error;
      const named = (error as { key?: string }).key;
      this.report(this.values.some(({ name }) => name === named) ? named! : key, error.message);
    }
  }

  /** Tries the connection when all is well so far; the error is the one that Java gives. */
  async connection(config: () => ConnectionConfig): Promise<void> {
    if (!this.isFine) return;
    try {
      await askDeployment(config(), async () => undefined);
    } catch (error) {
      if (!isConnectError(error)) throw error;
      const { key } = error as { key?: string };
      if (key !== undefined) this.report(key, error.message);
      else this.report("connection.uri", "Unable to connect to the server.");
    }
  }
}
