import type { FastifyRequest } from "fastify";
import { BadRequestError } from "../herder/bad-request.ts";
import { queryValues } from "./resource.ts";

/**
 * Query parameters of endpoints that Java does not have. Unlike Java's, which take anything, they
 * are refused where they make no sense.
 */

/** @throws {BadRequestError} for what is no whole number within the bounds */
export function queryNumber(
  request: FastifyRequest,
  name: string,
  otherwise: number,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  const [text] = queryValues(request, name);
  if (text === undefined) return otherwise;
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= min && number <= max) return number;
  throw new BadRequestError(`${name} must be a whole number from ${min} to ${max}, not ${text}`);
}

/** @returns the first of the choices where none is given. @throws {BadRequestError} for any other */
export function queryChoice<C extends string>(
  request: FastifyRequest,
  name: string,
  choices: readonly [C, ...C[]],
): C {
  const [text] = queryValues(request, name);
  if (text === undefined) return choices[0];
  const chosen = choices.find((choice) => choice === text);
  if (chosen !== undefined) return chosen;
  throw new BadRequestError(`${name} must be one of ${choices.join(", ")}, not ${text}`);
}
