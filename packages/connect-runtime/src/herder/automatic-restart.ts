import { type Logger, parseConfig, type Props } from "@millrace/connect-api";
import { RESTART_CONFIG } from "../config/restart-config.ts";
import type { RestartCount } from "../store/status-store.ts";
import type { UnitState } from "../threads/units.ts";

/** What no restart heals, by the class that a trace begins with. */
const CONFIG_ERROR = "org.apache.kafka.common.config.ConfigException";
const JITTER = 0.2;

export interface AutomaticRestartOptions {
  /** For the log, as `Task a-0`. */
  readonly what: string;
  readonly restart: () => void;
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** From 0 to 1. */
  readonly random?: () => number;
}

/**
 * Starts one connector or task again by itself when it has failed, ever more slowly and only
 * so often, where its connector wants that (`errors.restart.*`).
 */
export class AutomaticRestart {
  readonly #options: AutomaticRestartOptions;
  /** When it was restarted, within the window. */
  #times: number[] = [];
  #nextMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: AutomaticRestartOptions) {
    this.#options = options;
  }

  /** For its status; undefined while there were none. */
  get count(): RestartCount | undefined {
    const attempts = this.#times.length;
    if (attempts === 0 && this.#nextMs === undefined) return undefined;
    return { attempts, nextMs: this.#nextMs };
  }

  /** It has reached a state. One that has failed is started again in a while, if that is wanted and may help. */
  reached(state: UnitState, connectorProps: Props, trace: string | undefined): void {
    this.#cancelTimer();
    if (state === "FAILED") this.#failed(connectorProps, trace);
  }

  /** Somebody else has started it, or ended it: what was is forgotten. */
  forget(): void {
    this.#cancelTimer();
    this.#times = [];
  }

  #failed(connectorProps: Props, trace: string | undefined): void {
    const { what, restart, logger, now = Date.now } = this.#options;
    const rules = parseConfig(RESTART_CONFIG, connectorProps);
    const max = rules["errors.restart.max"];
    this.#times = this.#times.filter((time) => time > now() - rules["errors.restart.window.ms"]);
    if (max === 0 || trace?.startsWith(CONFIG_ERROR) === true) return;
    if (max > 0 && this.#times.length >= max) {
      logger.error(
        `${what} was started again ${max} times within errors.restart.window.ms (errors.restart.max), and stays FAILED until somebody restarts it`,
      );
      return;
    }
    const delayMs = this.#delayMs(
      rules["errors.restart.backoff.ms"],
      rules["errors.restart.backoff.max.ms"],
    );
    this.#nextMs = now() + delayMs;
    logger.info(`${what} is started again in ${delayMs} ms (errors.restart.max=${max})`);
    this.#timer = setTimeout(() => {
      this.#nextMs = undefined;
      this.#times.push(now());
      restart();
    }, delayMs);
    this.#timer.unref();
  }

  #cancelTimer(): void {
    clearTimeout(this.#timer);
    this.#nextMs = undefined;
  }

  #delayMs(firstMs: number, longestMs: number): number {
    const { random = Math.random } = this.#options;
    const plain = Math.min(firstMs * 2 ** this.#times.length, longestMs);
    return Math.round(plain * (1 + JITTER * (2 * random() - 1)));
  }
}
