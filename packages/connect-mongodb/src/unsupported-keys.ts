import { ConfigError, type Logger, type Props } from "@millrace/connect-api";

/** Keys of Java's connectors that are not supported, with the values that ask for nothing. */
const REFUSED: Readonly<Record<string, readonly string[]>> = {
  "csfle.enabled": ["false"],
  "field.value.transformer": [""],
  "mongo.custom.auth.mechanism.enable": ["false"],
};

/** Keys that have no effect here. */
const IGNORED = ["max.num.retries", "retries.defer.timeout"];

/** Keys that are set to what is not supported. */
export function unsupportedKeys(props: Props): string[] {
  return Object.keys(REFUSED).filter((key) => {
    const value = props[key];
    return value !== undefined && !REFUSED[key]!.includes(value.trim().toLowerCase());
  });
}

export function unsupported(key: string): string {
  return `${key} is not supported: remove it, or set it to its default`;
}

/** @throws {ConfigError} for the first key that asks for something that is not supported */
export function refuseUnsupported(props: Props, logger: Logger): void {
  const [key] = unsupportedKeys(props);
  if (key !== undefined) throw new ConfigError(unsupported(key));
  for (const ignored of IGNORED) {
    if (props[ignored] !== undefined) logger.warn(`${ignored} has no effect on this connector`);
  }
}
