import { comparable, type Difference, differences, type PluginInfo } from "./comparable.ts";
import { type Deviation, RULES } from "./deviations.ts";
import type { Answer, Case } from "./recording.ts";

/** What is to be said of one case. */
export interface Verdict {
  readonly name: string;
  /** Those that no deviation explains. */
  readonly different: readonly Difference[];
  /** Places a deviation names that do not differ any more. */
  readonly stale: readonly string[];
  readonly deliberate: boolean;
}

/**
 * Compares two workers' answers, case by case, as far as both are there.
 * @param shrinking whether a deviation that does not show is an error
 */
export function judge(
  cases: readonly Case[],
  theirs: ReadonlyMap<string, Answer>,
  ours: ReadonlyMap<string, Answer>,
  shared: ReadonlySet<string>,
  deviations: readonly Deviation[],
  shrinking = true,
): Verdict[] {
  return cases.flatMap(({ name }) => {
    const [their, our] = [theirs.get(name), ours.get(name)];
    if (their === undefined || our === undefined) return [];
    const all = differences(comparable(their, shared), comparable(our, shared));
    const found = all.filter((difference) => !followsRule(difference));
    const meant = deviations.filter((deviation) => deviation.cases.includes(name));
    const places = meant.flatMap((deviation) => deviation.at);
    const sure = meant.flatMap((deviation) => (deviation.sometimes ? [] : deviation.at));
    const explains = (place: string, { at }: Difference) =>
      at === place || at.startsWith(`${place}.`) || at.startsWith(`${place}[`);
    return [
      {
        name,
        different: found.filter(
          (difference) => !places.some((place) => explains(place, difference)),
        ),
        stale: !shrinking
          ? []
          : sure.filter((place) => !found.some((difference) => explains(place, difference))),
        deliberate: places.length > 0 || found.length < all.length,
      },
    ];
  });
}

function followsRule({ at, theirs }: Difference): boolean {
  return RULES.some(
    (rule) => rule.at === at && typeof theirs === "string" && rule.theirs.test(theirs),
  );
}

/** Classes of the plugins that both lists of a worker's `GET /connector-plugins` have. */
export function sharedPlugins(theirs: unknown, ours: unknown): Set<string> {
  const known = new Set((theirs as PluginInfo[]).map((plugin) => plugin.class));
  return new Set(
    (ours as PluginInfo[]).map((plugin) => plugin.class).filter((name) => known.has(name)),
  );
}

/** Deviations that name a case which is not there. */
export function unknownCases(cases: readonly Case[], deviations: readonly Deviation[]): string[] {
  const names = new Set(cases.map(({ name }) => name));
  return deviations.flatMap((deviation) => deviation.cases.filter((name) => !names.has(name)));
}
