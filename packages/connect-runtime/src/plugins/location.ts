/** A plugin as its manifest describes it: plain data, read without running the plugin's code. */

export type PluginKind =
  | "source"
  | "sink"
  | "converter"
  | "header_converter"
  | "transformation"
  | "predicate"
  | "config_provider"
  | "rest_extension"
  | "client_config_override_policy";

export interface PluginLocation {
  readonly kind: PluginKind;
  /** The name that configurations use: a Java class name, or `millrace.<thing>.<Name>`. */
  readonly class: string;
  /** Other full names it answers to. Simple names are derived, not listed. */
  readonly aliases: readonly string[];
  /** The package's, unless the manifest says which version of the Java plugin this one stands for. */
  readonly version: string;
  /** npm package, its version and its folder. */
  readonly package: string;
  readonly packageVersion: string;
  readonly directory: string;
  /** File URL of the module, and the export that is the plugin's class. */
  readonly module: string;
  readonly export: string;
  /** Why this worker must not load it, though its manifest is right. */
  readonly unusable?: string;
}
