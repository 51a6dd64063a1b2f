import type { Case } from "../recording.ts";
import { BODIES } from "./bodies.ts";
import { CONNECTORS } from "./connectors.ts";
import { HEADERS } from "./headers.ts";
import { PATHS } from "./paths.ts";
import { VALIDATIONS } from "./validations.ts";

/** What is asked beside the recorded requests, where a Java worker can be asked too. */
export const MORE: readonly Case[] = [
  ...HEADERS,
  ...PATHS,
  ...BODIES,
  ...VALIDATIONS,
  ...CONNECTORS,
];
