import type { Peer } from "../harness/peer.ts";
import type { ScenarioLine } from "../report/results.ts";

export interface ScenarioContext {
  readonly peer: Peer;
  /** How many records, where the scenario's own number is not wanted. */
  readonly records: number | undefined;
  readonly reps: number;
  /** Input and output files; goes with the scenario. */
  readonly workFolder: string;
  /** Says how far it is. */
  readonly say: (text: string) => void;
  /** Notes a figure down. */
  readonly report: (figure: Figure) => void;
}

export type Figure = Omit<ScenarioLine, "kind" | "scenario">;

export interface Scenario {
  readonly name: string;
  /** One line for the help. */
  readonly summary: string;
  run(context: ScenarioContext): Promise<void>;
}
