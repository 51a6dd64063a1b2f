/**
 * Splits a list into `groups` contiguous parts of nearly equal size, the first ones one
 * longer (Java: `ConnectorUtils.groupPartitions`).
 * @throws {RangeError} when there is no group to fill
 */
export function groupPartitions<T>(items: readonly T[], groups: number): T[][] {
  if (groups <= 0) throw new RangeError("Number of groups must be positive.");
  const size = Math.floor(items.length / groups);
  const longer = items.length % groups;
  return Array.from({ length: groups }, (_, i) => {
    const from = i * size + Math.min(i, longer);
    return items.slice(from, from + size + (i < longer ? 1 : 0));
  });
}
