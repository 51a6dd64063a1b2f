import type { MaybePromise } from "./maybe-promise.ts";
import type { ConnectPlugin, Props } from "./plugin.ts";

export interface RestRequest {
  readonly method: string;
  /** Without the query, as it was sent: not decoded. */
  readonly path: string;
  /** A key that occurs more than once has its last value. */
  readonly query: Readonly<Record<string, string>>;
  /** Keys in lower case; values of a repeated one joined by commas. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array | null;
  /** The address of the client. */
  readonly remoteAddress: string;
}

export interface RestResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export type ConnectorState =
  | "UNASSIGNED"
  | "RUNNING"
  | "PAUSED"
  | "FAILED"
  | "RESTARTING"
  | "STOPPED"
  | "DESTROYED";

export interface ConnectorHealth {
  readonly name: string;
  readonly type: "source" | "sink" | "unknown";
  readonly connector: { readonly state: ConnectorState; readonly workerId: string };
  readonly tasks: readonly {
    readonly id: number;
    readonly state: ConnectorState;
    readonly workerId: string;
    /** Why it failed, where it did. */
    readonly trace?: string;
  }[];
}

/** What an extension may know of the cluster, as this worker sees it now. */
export interface ConnectClusterState {
  readonly kafkaClusterId: string;
  connectors(): MaybePromise<readonly string[]>;
  /** The configuration as it was given: variables are not resolved. @throws {NotFoundError} */
  connectorConfig(name: string): MaybePromise<Props>;
  /** @throws {NotFoundError} */
  connectorHealth(name: string): MaybePromise<ConnectorHealth>;
}

/** What an extension adds to the REST server, and what it can ask. */
export interface ConnectRestExtensionContext {
  /**
   * Sees every request before it is answered, those to other extensions included, in the
   * order in which the worker names its extensions. A response it gives is the answer;
   * undefined lets the request go on. An error it throws is answered with 500.
   */
  filter(filter: (request: RestRequest) => MaybePromise<RestResponse | undefined>): void;
  /**
   * Answers requests to a path of the extension's own.
   * @throws {AlreadyExistsError} when the worker or another extension answers it
   */
  route(
    method: string,
    path: string,
    handle: (request: RestRequest) => MaybePromise<RestResponse>,
  ): void;
  readonly clusterState: ConnectClusterState;
}

/**
 * Adds to the worker's REST interface: authentication, roles, audit, endpoints (KIP-285).
 * One instance serves one worker; what it registered may be called several times at once.
 */
export interface ConnectRestExtension extends ConnectPlugin {
  /** @param props the worker's configuration, as Java hands it over */
  configure(props: Props): void;
  /** Called once, before the server listens. What it throws keeps the worker from starting. */
  register(context: ConnectRestExtensionContext): MaybePromise<void>;
  /** Called once, after the server has stopped. */
  close?(): MaybePromise<void>;
}
