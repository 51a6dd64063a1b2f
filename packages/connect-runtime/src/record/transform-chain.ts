import {
  ConfigError,
  type ConnectRecord,
  isPromise,
  type MaybePromise,
  parseConfig,
  type Predicate,
  type Props,
  type Transformation,
} from "@millrace/connect-api";
import { loadPlugin } from "../plugins/load.ts";
import type { PluginRegistry } from "../plugins/registry.ts";
import { withoutPrefix } from "./converters.ts";

/** One step of the chain: a transformation, and when it applies. */
interface Step {
  readonly transformation: Transformation;
  readonly predicate: Predicate | undefined;
  readonly negate: boolean;
  /** Class of the transformation, as configurations name it. */
  readonly className: string;
}

/** The transformations of a connector, in the order of its key `transforms`. */
export class TransformChain {
  readonly #steps: readonly Step[];
  // Where the record under way is: one at a time.
  #at = 0;
  #current: ConnectRecord | null = null;

  constructor(steps: readonly Step[]) {
    this.#steps = steps;
  }

  get isEmpty(): boolean {
    return this.#steps.length === 0;
  }

  /** Who is at work, or was last: where a record failed. */
  get className(): string {
    return this.#steps[this.#at]?.className ?? "";
  }

  /**
   * Sends a record through all steps; null when one of them drops it. Synchronous unless a
   * step returns a promise.
   */
  apply(record: ConnectRecord, from = 0): MaybePromise<ConnectRecord | null> {
    let current = record;
    for (let i = from; i < this.#steps.length; i++) {
      this.#at = i;
      this.#current = current;
      const next = applyStep(this.#steps[i]!, current);
      if (isPromise(next)) {
        return next.then((result) => (result === null ? null : this.apply(result, i + 1)));
      }
      if (next === null) return null;
      current = next;
    }
    return current;
  }

  /** Repeats the step that failed last, and goes on after it: those before it are done. */
  resume(): MaybePromise<ConnectRecord | null> {
    return this.#current && this.apply(this.#current, this.#at);
  }

  async close(): Promise<void> {
    for (const { transformation, predicate } of this.#steps) {
      await transformation.close?.();
      await predicate?.close?.();
    }
  }
}

function applyStep(step: Step, record: ConnectRecord): MaybePromise<ConnectRecord | null> {
  if (step.predicate === undefined) return step.transformation.apply(record);
  const applies = step.predicate.test(record);
  if (isPromise(applies)) {
    return applies.then((yes) =>
      yes === step.negate ? record : step.transformation.apply(record),
    );
  }
  return applies === step.negate ? record : step.transformation.apply(record);
}

/** Told of each step's plugins when they are configured, and by what tags they are known. */
export type OnStepMade = (
  plugin: Transformation | Predicate,
  tags: Readonly<Record<string, string>>,
) => void;

/**
 * Makes the chain that a connector's configuration describes: `transforms` names aliases,
 * `transforms.<alias>.type` their classes, `…predicate` and `…negate` when they apply.
 * @throws {ConnectError} when a plugin cannot be loaded or refuses its configuration
 */
export async function createTransformChain(
  connectorProps: Props,
  registry: PluginRegistry,
  onMade: OnStepMade = () => undefined,
): Promise<TransformChain> {
  const steps: Step[] = [];
  for (const alias of aliases(connectorProps["transforms"])) {
    const props = withoutPrefix(connectorProps, `transforms.${alias}.`);
    const { transformation, className } = await createTransformation(alias, props, registry);
    onMade(transformation, { transformation: alias });
    const predicate = props["predicate"]
      ? await createPredicate(props["predicate"], connectorProps, registry)
      : undefined;
    if (predicate) onMade(predicate, { transformation: alias, predicate: props["predicate"]! });
    const negate = props["negate"]?.toLowerCase() === "true";
    steps.push({ transformation, predicate, negate, className });
  }
  return new TransformChain(steps);
}

async function createTransformation(
  alias: string,
  props: Props,
  registry: PluginRegistry,
): Promise<Pick<Step, "transformation" | "className">> {
  const className = required(`transforms.${alias}.type`, props["type"]);
  const location = registry.find("transformation", className, props["plugin.version"]);
  const TransformationClass = await loadPlugin(location);
  const transformation = new TransformationClass();
  parseConfig(transformation.config(), props);
  transformation.configure(props);
  return { transformation, className: location.class };
}

async function createPredicate(
  alias: string,
  connectorProps: Props,
  registry: PluginRegistry,
): Promise<Predicate> {
  const props = withoutPrefix(connectorProps, `predicates.${alias}.`);
  const className = required(`predicates.${alias}.type`, props["type"]);
  const location = registry.find("predicate", className, props["plugin.version"]);
  const PredicateClass = await loadPlugin(location);
  const predicate = new PredicateClass();
  parseConfig(predicate.config(), props);
  predicate.configure(props);
  return predicate;
}

function aliases(list: string | undefined): string[] {
  return (list ?? "")
    .split(",")
    .map((alias) => alias.trim())
    .filter((alias) => alias !== "");
}

function required(key: string, value: string | undefined): string {
  if (value === undefined) {
    throw new ConfigError(`Missing required configuration "${key}" which has no default value.`);
  }
  return value;
}
