import { expect, test } from "vitest";
import { Feed, type Numbered } from "./feed.ts";

function filled(capacity: number, count: number): { feed: Feed<number>; ids: string[] } {
  const feed = new Feed<number>(capacity);
  const ids: string[] = [];
  feed.subscribe(({ id }) => ids.push(id));
  for (let n = 1; n <= count; n++) feed.append(n);
  return { feed, ids };
}

const itemsOf = ({ items }: { items: readonly Numbered<number>[] }) =>
  items.map(({ item }) => item);

test("goes on behind what somebody has seen", () => {
  const { feed, ids } = filled(10, 5);
  expect(itemsOf(feed.after(ids[2]))).toEqual([4, 5]);
  expect(feed.after(ids[2]).complete).toBe(true);
  expect(feed.after(ids[4])).toEqual({ items: [], complete: true });
  expect(itemsOf(feed.after())).toEqual([1, 2, 3, 4, 5]);
});

test("keeps so much and no more, and says where something is missing", () => {
  const { feed, ids } = filled(3, 10);
  expect(itemsOf(feed.after())).toEqual([8, 9, 10]);
  expect(feed.after().complete).toBe(false);
  expect(feed.after(ids[6])).toMatchObject({ complete: true });
  expect(itemsOf(feed.after(ids[6]))).toEqual([8, 9, 10]);
  expect(feed.after(ids[5])).toMatchObject({ complete: false });
  expect(feed.dropFirst()).toBe(8);
  expect(itemsOf(feed.after(ids[7]))).toEqual([9, 10]);
});

test("does not go on from names that it did not give", () => {
  const { feed, ids } = filled(5, 3);
  const other = filled(5, 3).ids[0]!;
  const future = ids[2]!.replace(/\d+$/, "99");
  for (const id of [other, future, "", "nonsense", "1"]) {
    expect(feed.after(id).complete).toBe(false);
    expect(itemsOf(feed.after(id))).toEqual([1, 2, 3]);
  }
});

test("tells nobody who has left", () => {
  const feed = new Feed<number>(5);
  const seen: number[] = [];
  const leave = feed.subscribe(({ item }) => seen.push(item));
  feed.append(1);
  leave();
  feed.append(2);
  expect(seen).toEqual([1]);
});
