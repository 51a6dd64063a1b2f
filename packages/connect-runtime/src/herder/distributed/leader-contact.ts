import { ConnectError, type Props, RetriableError } from "@millrace/connect-api";
import type { Assignment } from "../../group/assignment.ts";
import type { SessionKey } from "../../store/config-snapshot.ts";
import { RebalanceNeededError, RequestTargetError } from "../target-errors.ts";

/** How a request to the leader is signed; undefined: the group's protocol has no signatures. */
type Signing = { readonly key: Buffer; readonly algorithm: string } | undefined;

/** Sends what only the leader may do to the leader. */
export interface LeaderRequests {
  putTaskConfigs(
    leaderUrl: string,
    connector: string,
    configs: readonly Props[],
    signing: Signing,
  ): Promise<void>;
  fenceZombies(leaderUrl: string, connector: string, signing: Signing): Promise<void>;
}

export interface LeaderContactOptions {
  readonly assignment: () => Assignment | undefined;
  readonly sessionKey: () => SessionKey | undefined;
  /** `inter.worker.signature.algorithm` */
  readonly algorithm: string;
  /** As this worker does it while it leads. */
  readonly here: {
    readonly putTaskConfigs: (connector: string, configs: readonly Props[]) => Promise<void>;
    readonly fenceZombies: (connector: string) => Promise<void>;
  };
  readonly requests: LeaderRequests;
}

/** What this worker asks the leader, which may be itself. */
export class LeaderContact {
  readonly #options: LeaderContactOptions;

  constructor(options: LeaderContactOptions) {
    this.#options = options;
  }

  /**
   * Brings the leader, who alone writes them, the task configurations that a connector has made here.
   * Resolves when they are written.
   * @throws {ConnectError} why they are not, which the next attempt may heal: another leader, a new session key
   */
  publishTaskConfigs(connector: string, configs: readonly Props[]): Promise<void> {
    const { here, requests } = this.#options;
    return this.#ask(
      () => here.putTaskConfigs(connector, configs),
      (url, signing) => requests.putTaskConfigs(url, connector, configs, signing),
    );
  }

  /**
   * Resolves when no task of earlier configurations of the connector can write any more.
   * @throws {ConnectError} why that is not sure, in the leader's words
   */
  fenceZombies(connector: string): Promise<void> {
    const { here, requests } = this.#options;
    return this.#ask(
      () => here.fenceZombies(connector),
      (url, signing) => requests.fenceZombies(url, connector, signing),
    );
  }

  async #ask(
    here: () => Promise<void>,
    there: (leaderUrl: string, signing: Signing) => Promise<void>,
  ): Promise<void> {
    const { assignment, sessionKey, algorithm } = this.#options;
    const place = assignment();
    if (place === undefined)
      throw new RetriableError("this worker has no place in the cluster at the moment");
    if (place.isLeader) return here();
    if (place.protocolVersion < 2) return there(place.leaderUrl, undefined);
    const key = sessionKey()?.key;
    if (key === undefined)
      throw new RetriableError("no session key has been read yet to sign the request with");
    return there(place.leaderUrl, { key, algorithm });
  }
}

/** Whether what the leader did not do may be done when it is asked again. */
export function mayHeal(error: unknown): error is ConnectError {
  if (!(error instanceof ConnectError)) return false;
  const { status } = error as { status?: unknown };
  // 403: the session key has just changed. 409: a rebalance. 503: it cannot now.
  if (status === 403 || status === 409 || status === 503) return true;
  if (status === 500) return error.message.startsWith("IO Error trying to forward REST request");
  return (
    error instanceof RetriableError ||
    error instanceof RequestTargetError ||
    error instanceof RebalanceNeededError
  );
}
