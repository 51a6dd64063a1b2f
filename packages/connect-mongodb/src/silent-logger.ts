import type { Logger } from "@millrace/connect-api";

const nothing = () => undefined;

/** For parts that are made only to see whether they can be. */
export const silent: Logger = {
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
};
