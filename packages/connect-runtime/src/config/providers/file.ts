import { readFile } from "node:fs/promises";
import {
  type ConfigData,
  type ConfigProvider,
  parseProperties,
  type Props,
} from "@millrace/connect-api";
import { ALLOWED_PATHS, AllowedPaths } from "./allowed-paths.ts";
import { configException } from "./config-exception.ts";

/** `${file:/path/to/file.properties:key}`: values of properties files in UTF-8 (Java: `FileConfigProvider`). */
export class FileConfigProvider implements ConfigProvider {
  #allowed = new AllowedPaths(undefined);

  config() {
    return ALLOWED_PATHS;
  }

  configure(props: Props): void {
    this.#allowed = new AllowedPaths(props["allowed.paths"]);
  }

  /** @throws {ConfigError} for a file that cannot be read; what is in it is not told (I5) */
  async get(path: string, keys?: readonly string[]): Promise<ConfigData> {
    if (path === "") return { data: {} };
    const real = await this.#allowed.real(path);
    if (real === undefined) return { data: {} };
    const properties = propertiesOf(path, await bytesOf(path, real));
    const wanted = keys ?? Object.keys(properties);
    const found = wanted.filter((key) => Object.hasOwn(properties, key));
    return { data: Object.fromEntries(found.map((key) => [key, properties[key]!])) };
  }
}

async function bytesOf(path: string, real: string): Promise<Buffer> {
  try {
    return await readFile(real);
  } catch (error) {
    throw configException(`Could not read properties from file ${path}`, error);
  }
}

function propertiesOf(path: string, bytes: Buffer): Record<string, string> {
  try {
    return parseProperties(
      new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes),
    );
  } catch {
    // The reason would quote the file.
    throw configException(
      `Could not read properties from file ${path}: it is not a properties file in UTF-8`,
    );
  }
}
