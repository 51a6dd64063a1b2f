import {
  type ConfigDef,
  type ConnectRecord,
  parseConfig,
  type Props,
  type Transformation,
} from "@millrace/connect-api";

const CONFIG = {
  "cpu.us": {
    type: "INT",
    default: 20,
    min: 0,
    importance: "HIGH",
    doc: "Microseconds of processor time that each record costs.",
  },
} as const satisfies ConfigDef;

/** How long the calibration runs. */
const CALIBRATION_MS = 200;
const ROUNDS_PER_LOOK = 1_000;

/**
 * Leaves each record as it is, and costs as much processor time as it is told. The work is a
 * counted one: a loop that watches the clock would also end in time while another thread has the
 * processor, and so show a speed-up that is none.
 */
export class Busy implements Transformation {
  #rounds = 0;
  #state = 1;

  config(): ConfigDef {
    return CONFIG;
  }

  configure(props: Props): void {
    this.#rounds = Math.round(roundsPerMicrosecond() * parseConfig(CONFIG, props)["cpu.us"]);
  }

  apply(record: ConnectRecord): ConnectRecord {
    this.#state = work(this.#state, this.#rounds);
    return record;
  }
}

/** A chain of operations in which each needs the one before: nothing of it can be left out. */
function work(state: number, rounds: number): number {
  let x = state;
  for (let i = 0; i < rounds; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
  }
  return x;
}

let calibrated: number | undefined;

/** Measured once in a thread, by the processor time that the thread itself has used. */
function roundsPerMicrosecond(): number {
  if (calibrated !== undefined) return calibrated;
  let state = work(1, 1_000_000); // lets the compiler do its own work first
  const start = process.threadCpuUsage();
  const until = performance.now() + CALIBRATION_MS;
  let rounds = 0;
  while (performance.now() < until) {
    state = work(state, ROUNDS_PER_LOOK);
    rounds += ROUNDS_PER_LOOK;
  }
  const { user, system } = process.threadCpuUsage(start);
  calibrated = state === 0 ? 0 : rounds / (user + system);
  return calibrated;
}
