import { ConnectError, isConnectError, type Props } from "@millrace/connect-api";
import type { RawProps } from "../../config/raw-props.ts";
import type { Sample, SampleOptions, TriedConnector } from "../../dry-run/steps.ts";
import { CONNECTOR_KINDS, type PluginRegistry } from "../../plugins/registry.ts";
import type { TargetState, Threads } from "../../threads/units.ts";
import { BadRequestError, connectorClassOf } from "../bad-request.ts";
import type { ConfigInfos } from "../config-infos.ts";
import { TooManyTasksError } from "../too-many-tasks.ts";
import { type ConfigDiff, ShownConfig } from "./shown-config.ts";
import { type UnknownKey, unknownKeys } from "./unknown-keys.ts";

/** What of a dry run can be left out. Validation cannot: all else needs a valid configuration. */
export const DRY_RUN_PARTS = ["plan", "connection", "records"] as const;
export type DryRunPart = (typeof DRY_RUN_PARTS)[number];

/** At once, on this worker: each takes a thread. */
const MOST_DRY_RUNS = 2;
/** Of the time for a step, what reading records may take: the rest is for the step's beginning and end. */
const WAITING_SHARE = 0.6;

export interface DryRunRequest {
  readonly name: string;
  readonly config: RawProps;
  readonly parts: ReadonlySet<DryRunPart>;
  /** With all keys and their values, not only those that something is wrong with. */
  readonly full: boolean;
  /** For each step. */
  readonly limitMs: number;
  readonly maxRecords: number;
  readonly from: SampleOptions["from"];
}

/** REST's body. */
export interface DryRun {
  readonly name: string;
  readonly class: string;
  readonly type: "source" | "sink" | "unknown";
  readonly version: string | null;
  /** ok: nothing that was asked for has failed. */
  readonly verdict: "ok" | "problems";
  readonly validation: Validation;
  readonly unknown_keys: readonly UnknownKey[];
  readonly diff: ConfigDiff;
  readonly plan?: Plan;
  readonly connection?: Connection;
  readonly records?: Records;
}

interface Validation {
  readonly outcome: "passed" | "failed";
  readonly error_count: number;
  readonly errors: readonly { readonly key: string; readonly errors: readonly string[] }[];
  /** Why there is no answer. */
  readonly reason?: string;
  readonly configs?: ConfigInfos["configs"];
}

interface Reason {
  readonly outcome: "failed" | "skipped";
  readonly reason: string;
}

type Plan =
  | Reason
  | { readonly outcome: "passed"; readonly tasks_max: number; readonly tasks: readonly Props[] };

type Connection =
  | Reason
  | { readonly outcome: "not offered" }
  | { readonly outcome: "passed"; readonly message: string };

type Records = Reason | ({ readonly outcome: "passed" | "failed" } & Sample);

export interface DryRunsOptions {
  readonly threads: Pick<Threads, "dryRun">;
  readonly registry: PluginRegistry;
  /** The connector of this name, where there is one. */
  readonly existing: (
    name: string,
  ) => { readonly config: Props; readonly target: TargetState } | undefined;
}

/** Too many at once; REST answers 429. */
export class TooManyDryRunsError extends ConnectError {}

/** Tries connectors out before they are made or changed. */
export class DryRuns {
  readonly #options: DryRunsOptions;
  #running = 0;

  constructor(options: DryRunsOptions) {
    this.#options = options;
  }

  /**
   * Goes as far as the configuration allows. What fails is told in the answer.
   * @throws {BadRequestError} when there is no connector to ask
   * @throws {TooManyDryRunsError}
   */
  async run(request: DryRunRequest): Promise<DryRun> {
    if (this.#running >= MOST_DRY_RUNS) {
      throw new TooManyDryRunsError(
        `${MOST_DRY_RUNS} dry runs are under way on this worker, which is the most at once: ask again when one has ended`,
      );
    }
    this.#running++;
    try {
      return await this.#run(request);
    } finally {
      this.#running--;
    }
  }

  async #run(request: DryRunRequest): Promise<DryRun> {
    const { threads, registry, existing } = this.#options;
    const { name, config, parts, full, limitMs } = request;
    const className = connectorClassOf(config);
    const before = existing(name);
    const props = withoutNulls(config);
    const [infos, failure] = await settled(() =>
      // Nulls are kept on the way: the plugin's thread tells what is wrong with them.
      threads.dryRun("validate", [config as Props], limitMs),
    );
    if (isBadRequest(failure)) throw failure;
    const location = infos && found(registry, className, props["connector.plugin.version"]);
    const shown = new ShownConfig(infos ?? NO_INFOS, [config, before?.config ?? {}]);
    const validation = validationOf(infos, failure, full);
    const answer = {
      name,
      class: location?.class ?? className,
      type: location?.kind ?? "unknown",
      version: location?.version ?? null,
      validation,
      unknown_keys: infos && location ? unknownKeys(props, infos, location.kind) : [],
      diff: shown.diff(before?.config, props),
    } as const;
    const outcomes =
      location === undefined || validation.outcome === "failed"
        ? skipped(parts, "The configuration is not valid")
        : await this.#steps({ name, type: location.kind, props }, request, shown, before?.target);
    const failed = [validation, ...Object.values(outcomes)].some((o) => o.outcome === "failed");
    return shown.hideIn({ ...answer, verdict: failed ? "problems" : "ok", ...outcomes });
  }

  async #steps(
    connector: TriedConnector,
    request: DryRunRequest,
    shown: ShownConfig,
    target: TargetState | undefined,
  ): Promise<Pick<DryRun, DryRunPart>> {
    const { parts } = request;
    return {
      ...(parts.has("plan") && { plan: await this.#plan(connector, request, shown) }),
      ...(parts.has("connection") && { connection: await this.#connection(connector, request) }),
      ...(parts.has("records") && { records: await this.#records(connector, request, target) }),
    };
  }

  async #plan(
    connector: TriedConnector,
    { limitMs }: DryRunRequest,
    shown: ShownConfig,
  ): Promise<Plan> {
    const [plan, failure] = await settled(async () => {
      const split = await this.#options.threads.dryRun("planTasks", [connector], limitMs);
      const { configs, tasksMax, enforced } = split;
      if (enforced && configs.length > tasksMax) {
        throw new TooManyTasksError(connector.name, configs.length, tasksMax);
      }
      return split;
    });
    if (plan === undefined) return failed(failure);
    const tasks = plan.configs.map((config) => shown.props(config));
    return { outcome: "passed", tasks_max: plan.tasksMax, tasks };
  }

  async #connection(connector: TriedConnector, { limitMs }: DryRunRequest): Promise<Connection> {
    const args = [connector, limitMs * WAITING_SHARE] as const;
    const [answer, failure] = await settled(() =>
      this.#options.threads.dryRun("testConnection", [...args], limitMs),
    );
    if (answer === undefined) return failed(failure);
    return answer.offered
      ? { outcome: "passed", message: answer.message }
      : { outcome: "not offered" };
  }

  async #records(
    connector: TriedConnector,
    { limitMs, maxRecords, from }: DryRunRequest,
    target: TargetState | undefined,
  ): Promise<Records> {
    if (connector.type === "source" && target !== undefined && target !== "STOPPED") {
      return {
        outcome: "skipped",
        reason: `Connector ${connector.name} is not stopped: two instances would read the same at once. Stop it first, or try the configuration under another name`,
      };
    }
    const options = { max: maxRecords, from, waitMs: Math.round(limitMs * WAITING_SHARE) };
    const [sample, failure] = await settled(() =>
      this.#options.threads.dryRun("sampleRecords", [connector, options], limitMs),
    );
    if (sample === undefined) return failed(failure);
    const fails = sample.records.some(({ outcome }) => outcome === "failed");
    return { outcome: fails ? "failed" : "passed", ...sample };
  }
}

const NO_INFOS: ConfigInfos = { name: "", error_count: 0, groups: [], configs: [] };

function validationOf(infos: ConfigInfos | undefined, failure: unknown, full: boolean): Validation {
  if (infos === undefined) {
    return { outcome: "failed", error_count: 0, errors: [], reason: (failure as Error).message };
  }
  const { configs, error_count } = infos;
  return {
    outcome: error_count === 0 ? "passed" : "failed",
    error_count,
    errors: configs.flatMap(({ value: { name, errors } }) =>
      errors.length === 0 ? [] : [{ key: name, errors }],
    ),
    ...(full && { configs }),
  };
}

function skipped(
  parts: ReadonlySet<DryRunPart>,
  reason: string,
): Partial<Record<DryRunPart, Reason>> {
  return Object.fromEntries([...parts].map((part) => [part, { outcome: "skipped", reason }]));
}

function failed(error: unknown): Reason {
  return { outcome: "failed", reason: (error as Error).message };
}

async function settled<T>(step: () => Promise<T>): Promise<[T, undefined] | [undefined, unknown]> {
  try {
    return [await step(), undefined];
  } catch (error) {
    return [undefined, error];
  }
}

/** Errors from threads keep their Java name. */
function isBadRequest(error: unknown): error is ConnectError {
  return isConnectError(error) && error.javaName === new BadRequestError("").javaName;
}

function found(registry: PluginRegistry, className: string, version: string | undefined) {
  try {
    return registry.find(CONNECTOR_KINDS, className, version);
  } catch {
    // Validation tells why.
    return undefined;
  }
}

function withoutNulls(config: RawProps): Props {
  return Object.fromEntries(
    Object.entries(config).filter((entry): entry is [string, string] => entry[1] !== null),
  );
}
