import { setTimeout as sleep } from "node:timers/promises";
import { ConnectError } from "@millrace/connect-api";
import { type MongoClient, Timestamp } from "mongodb";

const ADMIN = "admin";
const SECOND = 1000;

/** The time of the deployment's latest operation; undefined for servers that say none, which are no replica set. */
export async function operationTime(client: MongoClient): Promise<Timestamp | undefined> {
  const { operationTime: time } = await client.db(ADMIN).command({ ping: 1 });
  return time instanceof Timestamp ? time : undefined;
}

/**
 * Waits for the server's clock to begin a second, and gives it: a stream that begins there has
 * nothing of what was before the call, and all that is after it.
 */
export async function beginningSecond(client: MongoClient): Promise<Timestamp> {
  const start = await serverClock(client);
  const next = Math.floor(start / SECOND) + 1;
  for (let now = start; now < next * SECOND; now = await serverClock(client)) {
    await sleep(next * SECOND - now);
  }
  return new Timestamp({ t: next, i: 0 });
}

async function serverClock(client: MongoClient): Promise<number> {
  const { localTime } = await client.db(ADMIN).command({ isMaster: 1 });
  if (localTime instanceof Date) return localTime.getTime();
  throw new ConnectError("The server does not say its time, so its change stream has no beginning");
}
