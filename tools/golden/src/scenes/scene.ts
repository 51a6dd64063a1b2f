import type { WorkerProperties } from "@millrace/services";
import type { Interludes } from "../play.ts";

/** A worker of one kind, and what it is asked. */
export interface Scene {
  /** Also that of its recording. */
  readonly name: string;
  readonly mode?: "standalone";
  readonly properties?: () => WorkerProperties | Promise<WorkerProperties>;
  readonly env?: Readonly<Record<string, string>>;
  /** The listener that is asked, where it is not the main one. */
  readonly asks?: (properties: WorkerProperties) => string;
  /** Files that are there beforehand, by name, in the folder given. */
  readonly files?: (folder: string) => Readonly<Record<string, string>>;
  readonly interludes: Interludes;
}
