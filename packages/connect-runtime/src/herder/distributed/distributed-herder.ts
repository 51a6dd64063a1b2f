import { ConnectError, type Logger, NotFoundError, type Props } from "@millrace/connect-api";
import type { DistributedConfig } from "../../config/distributed-config.ts";
import type { RawProps } from "../../config/raw-props.ts";
import type { Events } from "../../feed/events.ts";
import type { Assignment } from "../../group/assignment.ts";
import type { Work } from "../../store/work.ts";
import type { Level } from "../../logging.ts";
import type { SinkGroup } from "../../kafka/sink-group.ts";
import type { ClusterSubject } from "../../metrics/cluster-groups.ts";
import type { RebalanceMeasures } from "../../metrics/rebalance-measures.ts";
import type { PluginRegistry } from "../../plugins/registry.ts";
import type { ConfigSnapshot } from "../../store/config-snapshot.ts";
import type { KafkaConfigStore } from "../../store/kafka-config-store.ts";
import type { KafkaStatusStore } from "../../store/kafka-status-store.ts";
import type { OffsetStore } from "../../store/offset-store.ts";
import type { TargetState, Threads } from "../../threads/units.ts";
import type { ConfigInfos, Definition } from "../config-infos.ts";
import { ConnectorOffsets } from "../connector-offsets.ts";
import { type DryRun, type DryRunRequest, DryRuns } from "../dry-run/dry-runs.ts";
import type {
  ConnectorHealth,
  ConnectorInfo,
  ConnectorStateInfo,
  Created,
  Herder,
  OffsetTexts,
  RequestProof,
  RestartRequest,
  TaskInfo,
  TaskState,
  WorkHere,
} from "../herder.ts";
import { type SignatureRules, verify } from "../internal-signature.ts";
import { settledWithin } from "../limit.ts";
import type { ConnectorDefinition } from "../managed-connector.ts";
import type { OffsetChange } from "../offset-change.ts";
import type { PluginSchema } from "../plugin-schema.ts";
import { planRestart } from "../restart-plan.ts";
import { Stages } from "../stage.ts";
import { validConnector } from "../valid-connector.ts";
import { ClusterView } from "./cluster-view.ts";
import { ConfigEvents } from "./config-events.ts";
import { ConfigReactions } from "./config-reactions.ts";
import { ExactlyOnceSources } from "./exactly-once.ts";
import { Leader } from "./leader.ts";
import { LeaderContact, type LeaderRequests } from "./leader-contact.ts";
import { type ClusterGroup, type GroupParts, Membership } from "./membership.ts";
import { isReleased } from "./released.ts";
import { SessionKeys } from "./session-keys.ts";
import { WorkingSet } from "./working-set.ts";
import type { ZombieFencingOptions } from "./zombie-fencing.ts";

/** How long plugin code may take to validate a configuration, and a herder for any request (Java's REST time-out). */
const REQUEST_LIMIT_MS = 90_000;
/** How long an answer waits for a connector to start; after that it tells what is so far. */
const START_LIMIT_MS = 10_000;
/** How long statuses may take to be written before this worker gives up work, or stops. */
const STATUS_LIMIT_MS = 2_000;

export interface DistributedHerderOptions {
  readonly config: DistributedConfig;
  readonly threads: Threads;
  readonly registry: PluginRegistry;
  readonly configs: KafkaConfigStore;
  readonly offsets: OffsetStore;
  readonly statuses: KafkaStatusStore;
  /** `host:port`, as statuses show it. */
  readonly workerId: string;
  /** Makes this worker's member of the group; the herder closes it. */
  readonly openGroup: (parts: GroupParts) => ClusterGroup & { close(): Promise<void> };
  /** Ids of the workers that are in the cluster now; undefined: not known. */
  readonly workers: () => Promise<ReadonlySet<string> | undefined>;
  readonly leaderRequests: LeaderRequests;
  /** Fences producers off, with a client of the connector's. @throws {ConnectError} */
  readonly fenceProducers: ZombieFencingOptions["fence"];
  readonly rebalances: RebalanceMeasures;
  readonly setLogLevel: (logger: string, level: Level) => void;
  readonly openSinkGroup: (connector: string, config: Props) => Promise<SinkGroup>;
  /** Gets what happens in the cluster, besides statuses. */
  readonly events: Events;
  readonly logger: Logger;
  /** For lines about a connector, or about one of its tasks. */
  readonly loggerOf: (connector: string, task?: number) => Logger;
}

/** By version. */
const PROTOCOLS = ["eager", "compatible", "sessioned"] as const;

/**
 * The herder of a worker of a cluster: configurations, offsets and statuses live in topics,
 * and the work is shared out by the group's leader (Java: `DistributedHerder`).
 */
export class DistributedHerder implements Herder, AsyncDisposable {
  readonly stages = new Stages();
  readonly #options: DistributedHerderOptions;
  readonly #view: ClusterView;
  readonly #offsets: ConnectorOffsets;
  readonly #dryRuns: DryRuns;
  readonly #working: WorkingSet;
  readonly #membership: Membership;
  readonly #leader: Leader;
  readonly #exactlyOnce: ExactlyOnceSources;
  readonly #keys: SessionKeys;
  readonly #configEvents: ConfigEvents;
  readonly #reactions: ConfigReactions;
  readonly #group: ClusterGroup & { close(): Promise<void> };

  constructor(options: DistributedHerderOptions) {
    this.#options = options;
    const { config, configs, statuses, logger } = options;
    this.#view = new ClusterView(options);
    this.#offsets = new ConnectorOffsets(options);
    const snapshot = () => configs.snapshot();
    this.#dryRuns = new DryRuns({
      ...options,
      existing: (name) => {
        const connectorConfig = snapshot().connectorConfig(name);
        return connectorConfig && { config: connectorConfig, target: snapshot().targetState(name) };
      },
    });
    const contact = new LeaderContact({
      assignment: () => this.#membership.assignment,
      sessionKey: () => snapshot().sessionKey,
      algorithm: config["inter.worker.signature.algorithm"],
      here: {
        putTaskConfigs: (name, taskConfigs) => this.#leader.putTaskConfigs(name, taskConfigs),
        fenceZombies: (name) => this.#exactlyOnce.fence(name),
      },
      requests: options.leaderRequests,
    });
    this.#exactlyOnce = new ExactlyOnceSources({
      ...options,
      view: this.#view,
      working: () => this.#working,
      requireLeader: () => this.#membership.requireLeader(),
    });
    this.#working = new WorkingSet({
      threads: options.threads,
      registry: options.registry,
      statuses,
      workerId: options.workerId,
      snapshot,
      generation: () => this.#membership.generation,
      publishTaskConfigs: (name, taskConfigs) => contact.publishTaskConfigs(name, taskConfigs),
      exactlyOnce: this.#exactlyOnce.context((name) => contact.fenceZombies(name)),
      loggerOf: options.loggerOf,
    });
    this.#group = options.openGroup({
      revoked: (work) => this.#giveUp(work),
      rejoinNeeded: () => this.#membership.wake(),
      released: {
        refresh: () => statuses.refresh(),
        isReleased: (connector, task) => isReleased(statuses, connector, task),
      },
    });
    this.#membership = new Membership({
      group: this.#group,
      configs,
      working: this.#working,
      stages: this.stages,
      rebalances: options.rebalances,
      syncTimeoutMs: config["worker.sync.timeout.ms"],
      waitMs: config["rest.wait.for.rebalance.ms"],
      onAdopted: (assignment) => this.#adopted(assignment),
      logger,
    });
    this.#leader = new Leader({
      configs,
      offsets: this.#offsets,
      registry: options.registry,
      statuses,
      stages: this.stages,
      requireLeader: () => this.#membership.requireLeader(),
      requireSettled: () => this.#membership.requireSettled(),
      fenceStopped: (name) => this.#exactlyOnce.fenceStopped(name),
      logger,
    });
    this.#keys = new SessionKeys({
      algorithm: config["inter.worker.key.generation.algorithm"],
      sizeBits: config["inter.worker.key.size"],
      ttlMs: config["inter.worker.key.ttl.ms"],
      current: () => snapshot().sessionKey,
      put: (key) => configs.putSessionKey(key),
      logger,
    });
    this.#configEvents = new ConfigEvents(options.events, snapshot);
    this.#reactions = new ConfigReactions({
      working: this.#working,
      snapshot,
      rebalanceSoon: (...change) => this.#membership.rebalanceSoon(...change),
    });
  }

  /** Joins the cluster. Resolves with the first work. @throws {ConnectError} why this worker has no place in it */
  start(): Promise<void> {
    return this.#membership.start();
  }

  /** The group's generation that this worker's assignment is of; 0 before the first. */
  get generation(): number {
    return this.#membership.generation;
  }

  /** Its place in the cluster, for metrics. */
  get membership(): Omit<ClusterSubject, "clientId"> {
    const { config, rebalances } = this.#options;
    const { assignment, generation } = this.#membership;
    return {
      protocol: assignment ? PROTOCOLS[assignment.protocolVersion] : config["connect.protocol"],
      leader: assignment?.leader,
      epoch: generation,
      connectors: assignment?.work.connectors.length ?? 0,
      tasks: assignment?.work.tasks.length ?? 0,
      rebalances,
    };
  }

  /** A rebalance is due, or under way. */
  get unsettled(): boolean {
    return this.#membership.unsettled;
  }

  /** What the cluster has to run. */
  get configs(): KafkaConfigStore {
    return this.#options.configs;
  }

  /** True once this worker has had work, or been told that there is none. */
  get isReady(): boolean {
    return this.#membership.generation > 0;
  }

  /** What the config topic tells this worker. */
  readonly configListener = {
    connectorUpdated: (name: string) => {
      this.#configEvents.updated(name);
      this.#reactions.connectorChanged(name);
    },
    connectorRemoved: (name: string) => {
      this.#configEvents.removed(name);
      this.#reactions.connectorChanged(name);
    },
    tasksUpdated: (name: string) => {
      this.#configEvents.tasks(name);
      this.#reactions.tasksChanged(name);
    },
    targetStateChanged: (name: string) => {
      this.#configEvents.target(name);
      this.#reactions.targetStateChanged(name);
    },
    sessionKeyUpdated: (key: NonNullable<ConfigSnapshot["sessionKey"]>) => this.#keys.read(key),
    restartRequested: (request: RestartRequest & { readonly connector: string }) => {
      this.#configEvents.restart(request.connector, request);
      this.#working.restart(request.connector, request);
    },
    loggerLevelChanged: (name: string, level: string) => {
      this.#options.setLogLevel(name, level as Level);
    },
  };

  async connectors(): Promise<string[]> {
    return this.#view.connectors();
  }

  connectorInfo(name: string): Promise<ConnectorInfo> {
    return this.#view.info(name);
  }

  async connectorStatus(name: string): Promise<ConnectorStateInfo> {
    return this.#view.status(name);
  }

  async connectorHealth(name: string): Promise<ConnectorHealth> {
    const { workers, events } = this.#options;
    return this.#view.health(name, {
      workers: await workers(),
      lastError: events.lastError(name),
    });
  }

  async taskStatus(name: string, task: number): Promise<TaskState> {
    return this.#view.taskStatus(name, task);
  }

  tasks(name: string): Promise<TaskInfo[]> {
    return this.#view.tasks(name);
  }

  async createConnector(name: string, config: RawProps, initial: TargetState): Promise<Created> {
    return this.#leader.create(name, await this.#valid(config), initial);
  }

  async putConnectorConfig(name: string, config: RawProps): Promise<Created> {
    return this.#leader.put(name, await this.#valid(config));
  }

  patchConnectorConfig(name: string, patch: RawProps): Promise<Created> {
    return this.#leader.patch(name, patch, (config) => this.#valid(config));
  }

  deleteConnector(name: string): Promise<void> {
    return this.#leader.remove(name);
  }

  pauseConnector(name: string): Promise<void> {
    return this.#steer(name, "PAUSED");
  }

  resumeConnector(name: string): Promise<void> {
    return this.#steer(name, "STARTED");
  }

  stopConnector(name: string): Promise<void> {
    return this.#leader.stop(name);
  }

  async restartConnector(name: string): Promise<void> {
    await this.#view.config(name, `Unknown connector: ${name}`);
    await this.#membership.requireOwner(name);
    let failure: string | undefined;
    const started = this.#working
      .connector(name)
      ?.restart()
      .then((outcome) => (failure = outcome));
    if (started !== undefined) await settledWithin(started, START_LIMIT_MS);
    if (failure !== undefined) {
      throw new ConnectError(`Failed to start connector: ${name}: ${failure}`);
    }
  }

  async restartConnectorAndTasks(
    name: string,
    request: RestartRequest,
  ): Promise<ConnectorStateInfo> {
    await this.#membership.requireLeader();
    await this.#view.config(name, `Unknown connector: ${name}`);
    if (this.#options.statuses.connector(name) === undefined) {
      throw new NotFoundError(`Status for connector ${name} not found`);
    }
    const plan = planRestart(this.#view.status(name), request);
    if (plan.connector || plan.tasks.length > 0) await this.#leader.requestRestart(name, request);
    return plan.status;
  }

  async restartTask(name: string, task: number): Promise<void> {
    await this.#view.config(name, `Unknown connector: ${name}`);
    if (task < 0 || task >= this.#view.snapshot.taskCount(name)) {
      throw new NotFoundError(`Unknown task: ${name}-${task}`);
    }
    await this.#membership.requireOwner(name, task);
    await this.#working.task({ connector: name, task })?.restart();
  }

  async activeTopics(name: string): Promise<string[]> {
    return this.#options.statuses.topics(name);
  }

  async resetActiveTopics(name: string): Promise<void> {
    this.#options.statuses.resetTopics(name);
  }

  async connectorOffsets(name: string): Promise<OffsetTexts[]> {
    const config = await this.#view.config(name, `Connector ${name} not found`);
    const reading = this.#offsets.read(name, this.#view.typeOf(config), config);
    return this.stages.within(reading, REQUEST_LIMIT_MS);
  }

  alterOffsets(name: string, changes: readonly OffsetChange[]): Promise<string> {
    return this.#leader.modifyOffsets(name, changes);
  }

  resetOffsets(name: string): Promise<string> {
    return this.#leader.modifyOffsets(name, undefined);
  }

  async putTaskConfigs(
    name: string,
    taskConfigs: readonly Props[],
    proof: RequestProof,
  ): Promise<void> {
    verify(proof, this.#signatureRules);
    await this.#leader.putTaskConfigs(name, taskConfigs);
  }

  async fenceZombies(name: string, proof: RequestProof): Promise<void> {
    verify(proof, this.#signatureRules);
    await this.stages.within(this.#exactlyOnce.fence(name), REQUEST_LIMIT_MS);
  }

  /** What tasks that deliver exactly once ask before they write. */
  isCurrent(connector: string, task: number, generation: number): Promise<boolean> {
    return this.#exactlyOnce.isCurrent(connector, task, generation);
  }

  setClusterLogLevel(logger: string, level: Level): Promise<void> {
    return this.#options.configs.putLoggerLevel(logger, level);
  }

  workHere(): WorkHere {
    return this.#view.workHere(this.#working.work);
  }

  validate(config: RawProps): Promise<ConfigInfos> {
    // Nulls are kept on the way: the plugin's thread tells what is wrong with them.
    return this.#options.threads.validate(config as Props, REQUEST_LIMIT_MS);
  }

  dryRun(request: DryRunRequest): Promise<DryRun> {
    return this.#dryRuns.run(request);
  }

  pluginConfig(plugin: string, version: string | undefined): Promise<Definition[]> {
    return this.#options.threads.pluginConfig(plugin, version, REQUEST_LIMIT_MS);
  }

  pluginSchema(plugin: string, version: string | undefined): Promise<PluginSchema> {
    return this.#options.threads.pluginSchema(plugin, version, REQUEST_LIMIT_MS);
  }

  /** A task has used a topic. */
  recordActiveTopic(connector: string, task: number, topic: string): void {
    if (this.#view.snapshot.has(connector)) this.#options.statuses.addTopic(connector, topic, task);
  }

  /** Resolves when this worker has its place in the cluster, and does what it has to. */
  async probe(): Promise<void> {
    await this.#membership.joined();
  }

  /** Ends all that runs here, says so, and leaves the cluster: others take over at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#membership.stop();
    this.#keys.close();
    await this.#giveUp(this.#working.work);
    await this.#group.close();
  }

  get #signatureRules(): SignatureRules {
    return {
      protocolSigned: this.#membership.assignment?.protocolVersion === 2,
      sessionKey: this.#view.snapshot.sessionKey,
      verificationAlgorithms: this.#options.config["inter.worker.verification.algorithms"],
    };
  }

  #valid(config: RawProps): Promise<ConnectorDefinition> {
    return validConnector(config, this.#options.registry, (props) => this.validate(props));
  }

  async #steer(name: string, target: TargetState): Promise<void> {
    await this.#view.config(name, `Unknown connector ${name}`);
    await this.stages.within(this.#options.configs.putTargetState(name, target), REQUEST_LIMIT_MS);
  }

  /** Ends work; others may have it once this resolves, and find it UNASSIGNED. */
  async #giveUp(work: Work): Promise<void> {
    const { statuses, logger } = this.#options;
    await this.#working.stop(work);
    await this.#working.stopped();
    if (!(await statuses.flush(STATUS_LIMIT_MS))) {
      logger.warn("Statuses of work that was given up are not written yet");
    }
  }

  #adopted(assignment: Assignment): void {
    const { isLeader, work, generation, leaderUrl } = assignment;
    const who = isLeader ? "this worker leads" : `led from ${leaderUrl}`;
    this.#options.logger.info(
      `Generation ${generation} of the cluster, ${who}: ${work.connectors.length} connectors and ${work.tasks.length} tasks run here`,
    );
    this.#options.events.add({
      type: "rebalance",
      generation,
      leader: leaderUrl ?? "",
      connectors: work.connectors.length,
      tasks: work.tasks.length,
    });
    this.#options.configs.lead(
      isLeader ? () => this.#membership.assignment?.isLeader === true : undefined,
    );
    this.#keys.setLeading(isLeader && assignment.protocolVersion === 2);
    if (isLeader) this.#leader.cleanStatuses();
  }
}
