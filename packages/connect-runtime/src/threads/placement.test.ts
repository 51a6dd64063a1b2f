import { describe, expect, it } from "vitest";
import { choosePlace, LOAD_WINDOW_MS, type Place } from "./placement.ts";

const OLD = 10 * LOAD_WINDOW_MS;
const place = (load: number, ...unitAgesMs: number[]): Place => ({ load, unitAgesMs });

describe("a new unit", () => {
  it("gets an idle thread before a new one, however busy that was just now", () => {
    const idle = place(0.9);
    expect(choosePlace([place(0, OLD), idle], 8)).toBe(idle);
  });

  it("gets a new thread before one that has work", () => {
    expect(choosePlace([place(0, OLD)], 2)).toBeUndefined();
    expect(choosePlace([], 1)).toBeUndefined();
  });

  it("goes to the thread with the least load, not to the one with the fewest units", () => {
    const quiet = place(0.1, OLD, OLD, OLD);
    expect(choosePlace([place(0.95, OLD), quiet, place(0.5, OLD)], 3)).toBe(quiet);
  });

  it("goes to the thread with fewer units where loads are about equal", () => {
    const fewer = place(0.31, OLD);
    expect(choosePlace([place(0.3, OLD, OLD), fewer], 2)).toBe(fewer);
  });

  it("counts on units that have not shown their load yet", () => {
    const busy = place(0.4, OLD);
    expect(choosePlace([place(0.05, OLD, 0, 0), busy], 2)).toBe(busy);
  });

  it("counts on what was measured once the window is over", () => {
    const measured = place(0.05, OLD, LOAD_WINDOW_MS, LOAD_WINDOW_MS);
    expect(choosePlace([measured, place(0.4, OLD)], 2)).toBe(measured);
  });

  it("does not follow all others to the same thread", () => {
    const places = [place(0, OLD), place(0.1, OLD)].map(({ load, unitAgesMs }) => ({
      load,
      unitAgesMs: [...unitAgesMs],
    }));
    for (let unit = 0; unit < 10; unit++) choosePlace(places, 2)!.unitAgesMs.push(0);
    expect(places.map(({ unitAgesMs }) => unitAgesMs.length)).toEqual([6, 6]);
  });
});
