import type { Props } from "@millrace/connect-api";
import { sign } from "../herder/internal-signature.ts";
import type { RestClient } from "./rest-client.ts";

/** How a request to the leader is signed, where the group's protocol is `sessioned`. */
export interface Signing {
  /** The session key's bytes. */
  readonly key: Buffer;
  /** `inter.worker.signature.algorithm` */
  readonly algorithm: string;
}

/** What a worker asks the leader, in requests that only workers may send (KIP-507). */
export class LeaderRequests {
  readonly #client: RestClient;

  constructor(client: RestClient) {
    this.#client = client;
  }

  /**
   * Tells the leader which tasks a connector has now.
   * @param leaderUrl the leader's REST API
   * @throws {RestError} with the leader's status: 403 may be due to a session key that has just
   * changed, 409 to a rebalance; 500 when it cannot be reached
   */
  async putTaskConfigs(
    leaderUrl: string,
    connector: string,
    configs: readonly Props[],
    signing: Signing | undefined,
  ): Promise<void> {
    const body = Buffer.from(JSON.stringify(configs));
    await this.#send("POST", leaderUrl, `${pathOf(connector)}/tasks`, body, signing);
  }

  /**
   * Has the leader fence off older tasks of a source connector.
   * @param leaderUrl the leader's REST API
   * @throws {RestError} with the leader's status, as above; 404 and 400 for a connector that is
   * unknown, or no source
   */
  async fenceZombies(
    leaderUrl: string,
    connector: string,
    signing: Signing | undefined,
  ): Promise<void> {
    const none = Buffer.alloc(0);
    await this.#send("PUT", leaderUrl, `${pathOf(connector)}/fence`, none, signing);
  }

  async #send(
    method: string,
    base: string,
    path: string,
    body: Buffer,
    signing: Signing | undefined,
  ): Promise<void> {
    const headers = signing ? sign(body, signing.key, signing.algorithm) : {};
    await this.#client.send({ method, base, path, headers, body });
  }
}

function pathOf(connector: string): string {
  return `/connectors/${encodeURIComponent(connector)}`;
}
