import type { MaybePromise } from "./maybe-promise.ts";
import type { ConnectPlugin, Logger, Props } from "./plugin.ts";

export interface RestRequest {
  readonly method: string;
  /** Without the query, as it was sent: not decoded. Decide by `route` and `connector` instead. */
  readonly path: string;
  /**
   * What answers the request, as the worker or an extension has registered it:
   * `/connectors/:name/config`. Every way of writing a path leads to the same route.
   */
  readonly route: string;
  /**
   * The connector that is looked at or changed, its name decoded. Of `POST /connectors` it stands
   * in the body, so only filters that come after the body see it. Undefined where there is none.
   */
  readonly connector: string | undefined;
  /** A key that occurs more than once has its last value. */
  readonly query: Readonly<Record<string, string>>;
  /** Keys in lower case; values of a repeated one joined by commas. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Null where there is none, and as long as it has not been read. */
  readonly body: Uint8Array | null;
  /** The address of the client. */
  readonly remoteAddress: string;
  /**
   * Who asks: what a filter before has said, else the subject of the certificate that the client
   * has shown and that was verified (`CN=fred,O=Example`). Undefined when nobody knows.
   */
  readonly user: string | undefined;
}

export interface RestResponse {
  readonly status: number;
  /** Without a content type the answer is `application/json`, as with the worker's own. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** A filter has found out who asks. */
export interface RestUser {
  readonly user: string;
}

/** The answer, or who asks, or nothing: the latter two let the request go on. */
export type RestFilter = (
  request: RestRequest,
) => MaybePromise<RestResponse | RestUser | undefined>;

export interface RestFilterOptions {
  /**
   * True for a filter that must know the body, or the connector of `POST /connectors`. It comes
   * after all that do not, and after bodies that are no JSON have been refused.
   */
  readonly afterBody?: boolean;
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

/**
 * What an extension may know of the cluster, as this worker sees it now (Java:
 * `ConnectClusterState`). Nothing is known before the worker has started: then all of it throws
 * {ConnectError}. No request reaches an extension that early.
 */
export interface ConnectClusterState {
  clusterDetails(): { readonly kafkaClusterId: string };
  connectors(): MaybePromise<readonly string[]>;
  /** The configuration as it was given: variables are not resolved. @throws {NotFoundError} */
  connectorConfig(name: string): MaybePromise<Props>;
  /** @throws {NotFoundError} */
  connectorHealth(name: string): MaybePromise<ConnectorHealth>;
}

/**
 * What an extension adds to the REST server, and what it can ask. It holds on the listeners of
 * the REST API and on those of the admin endpoints alike.
 */
export interface ConnectRestExtensionContext {
  /**
   * Sees every request that something answers, those to other extensions included, in the order
   * in which the worker names its extensions; as in Java, not those to paths and methods that
   * nothing answers (404, 405). An error it throws is answered with 500.
   */
  filter(this: void, filter: RestFilter, options?: RestFilterOptions): void;
  /**
   * Says which connectors the worker's lists show to who asks. One that any extension hides is
   * left out.
   */
  showConnectors(this: void, shows: (request: RestRequest, connector: string) => boolean): void;
  /**
   * Says from whom the secrets in a connector's configurations are hidden, where it is shown:
   * values of PASSWORD keys, and of keys whose names say so. What is hidden from some extension
   * is hidden.
   */
  hideSecrets(this: void, hides: (request: RestRequest, connector: string) => boolean): void;
  /**
   * Answers requests to a path of the extension's own.
   * @param path literal, or with `*` at its end for all that is below
   * @throws {AlreadyExistsError} when it begins like one of the worker's own, or another
   * extension answers it
   */
  route(
    this: void,
    method: string,
    path: string,
    handle: (request: RestRequest) => MaybePromise<RestResponse>,
  ): void;
  readonly clusterState: ConnectClusterState;
  readonly logger: Logger;
}

/**
 * Adds to the worker's REST interface: authentication, roles, endpoints (KIP-285; Java's
 * `ConnectRestExtension`, whose `register` is given JAX-RS). Named in the worker's
 * `rest.extension.classes`. It runs in the worker's main thread, so it must never block it. One
 * instance serves one worker; what it registered may be called several times at once, and gets
 * 30 seconds for each.
 */
export interface ConnectRestExtension extends ConnectPlugin {
  /**
   * @param props the worker's properties, variables resolved; those of `config()` are checked before
   * @throws {ConfigError} naming a key, which keeps the worker from starting
   */
  configure(props: Props): MaybePromise<void>;
  /** Called once, before the server listens. What it throws keeps the worker from starting. */
  register(context: ConnectRestExtensionContext): MaybePromise<void>;
  /** Called once, after the server has stopped. */
  close?(): MaybePromise<void>;
}
