import type { Logger } from "@millrace/connect-api";
import type { CapturedTables } from "./captured-tables.ts";
import { type ListedTable, listTables } from "./catalog/tables.ts";
import type { Connection } from "./client.ts";
import type { Config } from "./config.ts";
import { checkRights, checkServer } from "./database.ts";
import type { CdcOffset } from "./offset.ts";
import { preparePublication } from "./publication.ts";
import { setReplicaIdentities, tellWithoutIdentity } from "./replica-identity.ts";
import { checkSlot, findSlot, lossOf, lost, type Slot } from "./slot.ts";

/** What was found and made before anything is read. */
export interface Prepared {
  readonly version: number;
  readonly tables: readonly ListedTable[];
  readonly slot: Slot | undefined;
}

/** Checks server and user, finds the tables, and makes sure of the publication. */
export async function prepare(
  connection: Connection,
  config: Config,
  captured: CapturedTables,
  logger: Logger,
): Promise<Prepared> {
  const version = await checkServer(connection);
  await checkRights(connection);
  const tables = captured.select(await listTables(connection));
  await setReplicaIdentities(connection, config["replica.identity.autoset.values"], tables, logger);
  await tellWithoutIdentity(connection, tables, logger);
  await preparePublication(connection, config, version, tables, logger);
  const slot = await findSlot(connection, config["slot.name"], version);
  if (slot !== undefined) checkSlot(slot, config);
  return { version, tables, slot };
}

/** What is to be done from here on. */
export interface Course {
  readonly snapshots: boolean;
  readonly streams: boolean;
  /** The slot has lost what was not read: it is made anew. */
  readonly renewsSlot: boolean;
}

/**
 * Decides by `snapshot.mode`.
 * @param offset what is stored, null where nothing is
 * @throws {ConnectError} where changes are lost and no new snapshot is allowed for it
 */
export function chartCourse(
  config: Config,
  offset: CdcOffset | null,
  slot: Slot | undefined,
  hasStarted: boolean,
): Course {
  const mode = config["snapshot.mode"];
  const isUnfinished = offset === null || offset.isInSnapshot;
  const renews = { snapshots: true, streams: true, renewsSlot: slot !== undefined };
  const by = (key: "data" | "on.data.error") =>
    config[
      key === "data"
        ? "snapshot.mode.configuration.based.snapshot.data"
        : "snapshot.mode.configuration.based.snapshot.on.data.error"
    ];
  const streams =
    mode === "configuration_based"
      ? config["snapshot.mode.configuration.based.start.stream"]
      : mode !== "initial_only";
  const course = (snapshots: boolean): Course => ({ snapshots, streams, renewsSlot: false });

  const goesOn = !isUnfinished && (mode !== "always" || hasStarted);
  if (goesOn) {
    const why = streams ? lossOf(slot, config) : undefined;
    if (why === undefined) return course(false);
    const mayRenew =
      mode === "when_needed" || (mode === "configuration_based" && by("on.data.error"));
    if (!mayRenew) throw lost(why);
    return renews;
  }
  switch (mode) {
    case "no_data":
      return course(false);
    case "configuration_based":
      return course(by("data"));
    default:
      return course(true);
  }
}
