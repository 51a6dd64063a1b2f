import { ConnectError } from "@millrace/connect-api";
import type { PluginKind, PluginLocation } from "./location.ts";
import { compareVersions, parseVersionRange } from "./versions.ts";

/** Why a name led to no plugin. */
export type PluginMiss = "unknown" | "ambiguous" | "version";

export class PluginNotFoundError extends ConnectError {
  readonly miss: PluginMiss;

  constructor(miss: PluginMiss, message: string) {
    super(message, {
      javaName:
        miss === "version"
          ? "org.apache.kafka.connect.runtime.isolation.VersionedPluginLoadingException"
          : "org.apache.kafka.connect.errors.ConnectException",
    });
    this.miss = miss;
  }
}

export const CONNECTOR_KINDS = ["sink", "source"] as const satisfies PluginKind[];

/** What the names of a kind's classes end with; a configuration may leave it out. */
const SUFFIX: Readonly<Record<PluginKind, string>> = {
  source: "Connector",
  sink: "Connector",
  converter: "Converter",
  header_converter: "HeaderConverter",
  transformation: "Transformation",
  predicate: "Predicate",
  config_provider: "ConfigProvider",
  rest_extension: "ConnectRestExtension",
  client_config_override_policy: "ConnectorClientConfigOverridePolicy",
};

/**
 * The plugins of this worker, by the names configurations use. Built from plain data, so
 * that a thread gets its own from the same list.
 */
export class PluginRegistry {
  readonly locations: readonly PluginLocation[];
  readonly #byName = new Map<string, PluginLocation[]>();

  constructor(locations: readonly PluginLocation[]) {
    this.locations = locations;
    for (const location of locations) {
      for (const name of namesOf(location)) {
        const known = this.#byName.get(name);
        if (known === undefined) this.#byName.set(name, [location]);
        else known.push(location);
      }
    }
  }

  /**
   * The plugin that a configuration names: by its full class name, its simple name, or
   * that without the suffix of its kind. Of several versions the newest in the range that
   * this worker can load; one that it cannot only where there is no other.
   * @param kinds the kind or kinds to look among
   * @param range a version range; undefined or `latest` for the newest
   * @throws {PluginNotFoundError} when none or several match
   */
  find<K extends PluginKind>(
    kinds: K | readonly K[],
    name: string,
    range?: string,
  ): PluginLocation & { readonly kind: K } {
    const matches = this.#matches(listOf(kinds), name);
    const first = matches[0];
    if (first === undefined) {
      throw new PluginNotFoundError("unknown", `No plugin of this worker is named ${name}`);
    }
    const others = matches.filter(
      (match) => match.class !== first.class || match.package !== first.package,
    );
    if (others.length > 0) throw ambiguous(name, [first, ...others]);
    return newest(matches, range);
  }

  /** True when `find` would find it. */
  has(kinds: PluginKind | readonly PluginKind[], name: string): boolean {
    const [first, ...others] = this.#matches(listOf(kinds), name);
    return (
      first !== undefined &&
      others.every((o) => o.class === first.class && o.package === first.package)
    );
  }

  /** Versions of a plugin, oldest first; none for an unknown or ambiguous name. */
  versions(kinds: PluginKind | readonly PluginKind[], name: string): string[] {
    if (!this.has(kinds, name)) return [];
    const versions = this.#matches(listOf(kinds), name)
      .filter(isUsable)
      .map((location) => location.version);
    return [...new Set(versions)].toSorted(compareVersions);
  }

  /** The usable plugins of a kind, by class and version. */
  list<K extends PluginKind>(kind: K): (PluginLocation & { readonly kind: K })[] {
    return this.locations
      .filter((location): location is PluginLocation & { kind: K } => location.kind === kind)
      .filter((location) => isUsable(location) && this.has(kind, location.class))
      .toSorted(
        (a, b) =>
          (a.class < b.class ? -1 : a.class > b.class ? 1 : 0) ||
          compareVersions(a.version, b.version),
      );
  }

  #matches<K extends PluginKind>(
    kinds: readonly K[],
    name: string,
  ): (PluginLocation & { readonly kind: K })[] {
    return (this.#byName.get(name) ?? []).filter(
      (location): location is PluginLocation & { kind: K } =>
        (kinds as readonly PluginKind[]).includes(location.kind),
    );
  }
}

function isUsable({ unusable }: PluginLocation): boolean {
  return unusable === undefined;
}

function listOf<K extends PluginKind>(kinds: K | readonly K[]): readonly K[] {
  return typeof kinds === "string" ? [kinds] : kinds;
}

function namesOf(location: PluginLocation): Set<string> {
  const names = new Set([location.class, ...location.aliases]);
  const simple = location.class.slice(location.class.lastIndexOf(".") + 1);
  // Nested classes are all called Key or Value: their simple names say nothing.
  if (simple.includes("$")) return names;
  names.add(simple);
  const suffix = SUFFIX[location.kind];
  if (simple.endsWith(suffix) && simple !== suffix) names.add(simple.slice(0, -suffix.length));
  return names;
}

function newest<L extends PluginLocation>(matches: readonly L[], range: string | undefined): L {
  const usable = matches.filter(isUsable);
  const sorted = (usable.length > 0 ? usable : matches).toSorted(
    // A plugin may stand for the same version of a Java one in several versions of its package.
    (a, b) =>
      compareVersions(b.version, a.version) || compareVersions(b.packageVersion, a.packageVersion),
  );
  if (range === undefined || range === "" || range === "latest") return sorted[0]!;
  const wanted = parseVersionRange(range);
  const found = sorted.find((match) => wanted.includes(match.version));
  if (found !== undefined) return found;
  const available = [...new Set(sorted.map((match) => match.version))].toReversed();
  throw new PluginNotFoundError(
    "version",
    `Plugin ${sorted[0]!.class} not found that matches the version range ${String(wanted)}, available versions: [${available.join(", ")}]`,
  );
}

function ambiguous(name: string, matches: readonly PluginLocation[]): PluginNotFoundError {
  const found = [...new Set(matches.map((m) => `${m.class} (package ${m.package})`))];
  const remedy =
    new Set(matches.map((m) => m.class)).size > 1
      ? "use the full class name"
      : "remove one of the packages";
  return new PluginNotFoundError(
    "ambiguous",
    `More than one plugin matches ${name}: ${found.join(", ")}; ${remedy}`,
  );
}
