/** One kind of server, and the ways to have it, in the order they are tried. */
export interface ServiceDefinition {
  /** The environment variable that may hold the address of a running one. */
  readonly variable: string;
  /** Starts it as a process of this machine. */
  startProcess(outlivesUs: boolean): Promise<StartedService>;
}

/** A server that we started. */
export interface StartedService {
  /** What clients connect to, in the form of the environment variable. */
  readonly address: string;
  readonly pids: readonly number[];
  readonly logFiles: readonly string[];
  /** Ends it and removes its data. */
  close(): Promise<void>;
}
