import { DataError, type SinkRecord, type SinkTaskContext } from "@millrace/connect-api";
import { connect } from "../connect.ts";
import type { HttpClient } from "../http/client.ts";
import type { Condition } from "@millrace/sink-progress";
import { Delivery } from "./delivery.ts";
import { Lanes } from "./lanes.ts";
import type { SinkSettings } from "./settings.ts";
import { Targets } from "./target.ts";

/** What it takes to send records to one API. */
export interface Engine {
  readonly settings: SinkSettings;
  readonly client: HttpClient;
  readonly lanes: Lanes;
  readonly targets: Targets;
}

/** @throws {ConfigError} when a file of keys or certificates cannot be read */
export async function startEngine(
  settings: SinkSettings,
  { logger, errantRecordReporter: reporter }: SinkTaskContext,
  changed: Condition,
): Promise<Engine> {
  const { client, authorization } = await connect(settings);
  const delivery = new Delivery({ client, authorization, settings, reporter, logger });
  const lanes = new Lanes(settings, delivery, changed, logger);
  return { settings, client, lanes, targets: new Targets(settings) };
}

/** The APIs of a task, by topic. */
export class Engines {
  readonly all: readonly Engine[];
  readonly #byTopic = new Map<string, Engine>();

  constructor(all: readonly Engine[]) {
    this.all = all;
  }

  /** @throws {DataError} when the record's topic is that of no API */
  of({ topic }: SinkRecord): Engine {
    let engine = this.#byTopic.get(topic);
    if (engine !== undefined) return engine;
    engine = this.all.find(({ settings: { topics } }) => topics === null || topics.includes(topic));
    if (engine === undefined) throw new DataError(`its topic ${topic} is in no apiN.topics`);
    this.#byTopic.set(topic, engine);
    return engine;
  }

  /** Why nothing more is sent to one of them; undefined while all is well. */
  get failure(): unknown {
    return this.all.find(({ lanes }) => lanes.failure !== undefined)?.lanes.failure;
  }

  /** Bytes of bodies that wait. */
  get bytes(): number {
    return this.all.reduce((sum, { lanes }) => sum + lanes.bytes, 0);
  }
}
