import { EXTRAS } from "./extras.ts";
import { REST } from "./rest.ts";
import type { Scene } from "./scene.ts";

export const SCENES: Readonly<Record<string, Scene>> = Object.fromEntries(
  [REST, ...EXTRAS].map((scene) => [scene.name, scene]),
);
