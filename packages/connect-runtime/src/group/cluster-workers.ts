import type { Logger } from "@millrace/connect-api";
import { Admin, type KafkaClient, unwrap } from "@millrace/kafka-client";
import { decodeMetadata } from "./protocol.ts";

/** How long an answer is good for: clients may ask for many connectors at once. */
const FRESH_MS = 2_000;
/** Whoever asks for more than this does not wait for it. */
const LIMIT_MS = 2_000;

/** Who is in the cluster, as the group's coordinator knows it. */
export class ClusterWorkers {
  readonly #admin: Admin;
  readonly #groupId: string;
  readonly #logger: Logger;
  #asked: { readonly atMs: number; readonly ids: Promise<Answer> } | undefined;

  constructor(client: KafkaClient, groupId: string, logger: Logger) {
    this.#admin = new Admin(client);
    this.#groupId = groupId;
    this.#logger = logger;
  }

  /**
   * Worker ids, `host:port`, as statuses have them.
   * @returns undefined where nobody can tell: during a rebalance, and while the brokers do not answer
   */
  async ids(): Promise<Answer> {
    const now = performance.now();
    if (this.#asked === undefined || now - this.#asked.atMs > FRESH_MS) {
      this.#asked = { atMs: now, ids: this.#ask() };
    }
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), LIMIT_MS);
    });
    try {
      return await Promise.race([this.#asked.ids, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #ask(): Promise<Answer> {
    try {
      const described = await this.#admin.describeGroups([this.#groupId]);
      const { state, members } = unwrap(described.get(this.#groupId), this.#groupId);
      // In between, members are there without what they are.
      if (state !== "Stable") return undefined;
      return new Set(members.map(({ metadata }) => workerId(decodeMetadata(metadata).url)));
    } catch (error) {
      this.#logger.debug("It is not known which workers are in the cluster", { error });
      return undefined;
    }
  }
}

type Answer = ReadonlySet<string> | undefined;

/** Of the address that a worker tells the others: without scheme, and slash at the end. */
function workerId(url: string): string {
  return url.replace(/^\w+:\/\//, "").replace(/\/$/, "");
}
