import type { ConfigDef, Props } from "@millrace/connect-api";

/**
 * What a client is shown of a plugin's table: of the keys that the Java plugin does not have,
 * those that are given.
 * @param prefix of the plugin's keys in `props`
 */
export function shownKeys(def: ConfigDef, props: Props, prefix = ""): ConfigDef {
  return Object.fromEntries(
    Object.entries(def).filter(
      ([key, { beyondJava }]) => beyondJava !== true || Object.hasOwn(props, prefix + key),
    ),
  );
}
