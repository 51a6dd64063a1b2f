import type {
  ConnectClusterState,
  ConnectRestExtensionContext,
  MaybePromise,
  RestFilter,
  RestFilterOptions,
  RestRequest,
  RestResponse,
} from "@millrace/connect-api";
import { RecordingLogger } from "./recording-logger.ts";

/** What came of a request: who asks, as filters found out, and the answer where one gave it. */
export interface FakeAnswer {
  readonly user: string | undefined;
  /** Undefined where the worker would go on to answer. */
  readonly response: RestResponse | undefined;
}

/** The context of a REST extension. Requests go through what was registered, in the worker's order. */
export class FakeRestContext implements ConnectRestExtensionContext {
  readonly clusterState: ConnectClusterState;
  readonly logger = new RecordingLogger();
  readonly #filters: { readonly filter: RestFilter; readonly afterBody: boolean }[] = [];
  readonly #shows: ((request: RestRequest, connector: string) => boolean)[] = [];
  readonly #hides: ((request: RestRequest, connector: string) => boolean)[] = [];
  readonly #routes = new Map<string, (request: RestRequest) => MaybePromise<RestResponse>>();

  constructor(clusterState: Partial<ConnectClusterState> = {}) {
    this.clusterState = {
      clusterDetails: () => ({ kafkaClusterId: "fake-cluster" }),
      connectors: () => [],
      connectorConfig: () => ({}),
      connectorHealth: (name) => ({
        name,
        type: "unknown",
        connector: { state: "RUNNING", workerId: "fake:8083" },
        tasks: [],
      }),
      ...clusterState,
    };
  }

  filter = (filter: RestFilter, { afterBody = false }: RestFilterOptions = {}): void => {
    this.#filters.push({ filter, afterBody });
  };

  showConnectors = (shows: (request: RestRequest, connector: string) => boolean): void => {
    this.#shows.push(shows);
  };

  hideSecrets = (hides: (request: RestRequest, connector: string) => boolean): void => {
    this.#hides.push(hides);
  };

  route = (
    method: string,
    path: string,
    handle: (request: RestRequest) => MaybePromise<RestResponse>,
  ): void => {
    this.#routes.set(`${method} ${path}`, handle);
  };

  /**
   * Sends a request. Before the body is read its `body`, and the connector of `POST /connectors`,
   * are kept back, as the worker does.
   * @throws what a filter throws, which a worker answers with 500
   */
  async ask(given: Partial<RestRequest>): Promise<FakeAnswer> {
    let request = requestOf(given);
    for (const { filter, afterBody } of this.#filters.toSorted(
      (a, b) => Number(a.afterBody) - Number(b.afterBody),
    )) {
      const result = await filter(afterBody ? request : beforeBody(request));
      if (result === undefined) continue;
      if (!("user" in result)) return { user: request.user, response: result };
      request = { ...request, user: result.user };
    }
    const handle = this.#routes.get(`${request.method} ${request.route}`);
    return { user: request.user, response: await handle?.(request) };
  }

  /** Whether secrets of the connector would be hidden. */
  secretsHidden(given: Partial<RestRequest>, connector: string): boolean {
    return this.#hides.some((hides) => hides(requestOf(given), connector));
  }

  /** The connectors that a list would show. */
  shown(given: Partial<RestRequest>, connectors: readonly string[]): string[] {
    const request = requestOf(given);
    return connectors.filter((name) => this.#shows.every((shows) => shows(request, name)));
  }
}

function requestOf(given: Partial<RestRequest>): RestRequest {
  return {
    method: "GET",
    path: given.route ?? "/",
    route: "/",
    connector: undefined,
    query: {},
    headers: {},
    body: null,
    remoteAddress: "127.0.0.1",
    user: undefined,
    ...given,
  };
}

function beforeBody(request: RestRequest): RestRequest {
  const inBody = request.method === "POST" && request.route === "/connectors";
  return { ...request, body: null, connector: inBody ? undefined : request.connector };
}
