import { ConfigError } from "@millrace/connect-api";

/**
 * Loads a driver that is not installed with the connectors, since few need it.
 * @throws {ConfigError} that says what to install
 */
export async function optionalDriver<T>(
  name: string,
  title: string,
  load: () => Promise<T>,
): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new ConfigError(
      `The driver for ${title} is not installed: run npm install ${name} in the folder where the connector's package is installed, then restart the worker`,
    );
  }
}
