import {
  AlreadyExistsError,
  type ConnectRestExtension,
  type ConnectRestExtensionContext,
  type ConnectClusterState,
  type Logger,
  type MaybePromise,
  type RestFilter,
  type RestRequest,
  type RestResponse,
} from "@millrace/connect-api";
import { withLimit } from "../../herder/limit.ts";

/** How long an extension may take for one call; no request waits for it any longer. */
const LIMIT_MS = 30_000;

type RouteHandler = (request: RestRequest) => Promise<RestResponse>;

export interface ExtensionRoute {
  readonly method: string;
  readonly path: string;
  readonly handle: RouteHandler;
}

type BoundFilter = (request: RestRequest) => Promise<Awaited<ReturnType<RestFilter>>>;

/** What a worker's REST extensions have registered, in the order in which it names them. */
export class RestExtensions implements AsyncDisposable {
  /** Before the body of a request is read. */
  readonly filters: BoundFilter[] = [];
  readonly filtersAfterBody: BoundFilter[] = [];
  readonly routes: ExtensionRoute[] = [];
  readonly #shows: ((request: RestRequest, connector: string) => boolean)[] = [];
  readonly #hides: ((request: RestRequest, connector: string) => boolean)[] = [];
  readonly #opened: ConnectRestExtension[] = [];

  /**
   * Has an extension register what it adds. From now on it is closed with the others.
   * @param name its class
   * @throws what it throws
   */
  async open(
    name: string,
    extension: ConnectRestExtension,
    clusterState: ConnectClusterState,
    logger: Logger,
  ): Promise<void> {
    this.#opened.push(extension);
    await extension.register(this.#contextOf(name, clusterState, logger));
  }

  /** Whether lists show a connector to who asks. */
  shows(request: RestRequest, connector: string): boolean {
    return this.#shows.every((shows) => shows(request, connector));
  }

  /** Whether the secrets of a connector are hidden from who asks. */
  hidesSecrets(request: RestRequest, connector: string): boolean {
    return this.#hides.some((hides) => hides(request, connector));
  }

  /** Whether not everybody is shown the same. */
  get discriminates(): boolean {
    return this.#shows.length + this.#hides.length > 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const extension of this.#opened.splice(0).toReversed()) await extension.close?.();
  }

  #contextOf(
    name: string,
    clusterState: ConnectClusterState,
    logger: Logger,
  ): ConnectRestExtensionContext {
    return {
      clusterState,
      logger,
      filter: (filter, { afterBody = false } = {}) => {
        const filters = afterBody ? this.filtersAfterBody : this.filters;
        filters.push((request) => answerOf(name, () => filter(request)));
      },
      showConnectors: (shows) => void this.#shows.push(shows),
      hideSecrets: (hides) => void this.#hides.push(hides),
      route: (method, path, handle) => {
        const upper = method.toUpperCase();
        if (this.routes.some((route) => route.method === upper && route.path === path)) {
          throw new AlreadyExistsError(
            `${name}: another REST extension answers ${upper} ${path} already`,
          );
        }
        this.routes.push({
          method: upper,
          path,
          handle: (request) => answerOf(name, () => handle(request)),
        });
      },
    };
  }
}

async function answerOf<T>(name: string, call: () => MaybePromise<T>): Promise<T> {
  return withLimit(Promise.resolve(call()), LIMIT_MS, `The REST extension ${name} did not answer`);
}
