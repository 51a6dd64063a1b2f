import type { ContainerPlan, Endpoint } from "./docker.ts";

/** One kind of server, and the ways to have it, in the order they are tried. */
export interface ServiceDefinition {
  /** The environment variable that may hold the address of a running one. */
  readonly variable: string;
  /** Where people expect it; `services up` takes this port when it is free. */
  readonly usualPort: number;
  /** How to run it where a Docker engine answers. */
  readonly container: (endpoint: Endpoint) => ContainerPlan;
  /** Downloads or builds what `startProcess` needs, where it is not there yet: minutes, the first time. */
  readonly install: () => Promise<unknown>;
  /** Starts it as a process of this machine. */
  readonly startProcess: (preferredPort?: number) => Promise<StartedService>;
}

/** A server that was started for us. */
export interface StartedService {
  readonly origin: "docker" | "process";
  /** What clients connect to, in the form of the environment variable. */
  readonly address: string;
  readonly pids: readonly number[];
  readonly logFiles: readonly string[];
  /** Where a process keeps its data. */
  readonly folder: string | undefined;
  /** The container's id. */
  readonly container: string | undefined;
  /** Lets it run on when this process ends. */
  readonly letGo: () => Promise<void>;
  /** Ends it and removes its data. */
  readonly close: () => Promise<void>;
}
