import { describe, expect, it } from "vitest";
import { blame } from "./blame.ts";

const [a, b, c] = [{ id: 1 }, { id: 2 }, { id: 3 }] as const;

describe("when a thread breaks", () => {
  it("a unit that is known to have done it fails, and its neighbours are innocent", () => {
    expect(blame([a, b, c], { unit: 2 }, false)).toEqual({
      guilty: b,
      innocent: [a, c],
      suspects: [],
    });
  });

  it("all are innocent where something did it that runs no more", () => {
    const verdict = { guilty: undefined, innocent: [a], suspects: [] };
    expect(blame([a], { unit: 7 }, true)).toEqual(verdict);
  });

  it("who was alone is guilty", () => {
    expect(blame([a], { unit: undefined }, false)).toMatchObject({ guilty: a, suspects: [] });
  });

  it("who was alone save for what others left behind is a suspect", () => {
    const verdict = { guilty: undefined, innocent: [], suspects: [a] };
    expect(blame([a], { unit: undefined }, true)).toEqual(verdict);
  });

  it("all are suspects where nothing is known", () => {
    const verdict = { guilty: undefined, innocent: [], suspects: [a, b] };
    expect(blame([a, b], { unit: undefined }, false)).toEqual(verdict);
  });
});
