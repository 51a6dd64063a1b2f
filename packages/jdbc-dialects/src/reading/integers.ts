/** Reads an int64, as a number where that is exact and as a bigint where it is not. */
export function readInt64(bytes: Buffer, at: number): number | bigint {
  const high = bytes.readInt32BE(at);
  // 2^53 is out of reach for a high half in these bounds, so the sum is exact.
  if (high > -0x20_0000 && high < 0x20_0000) {
    return high * 0x1_0000_0000 + bytes.readUInt32BE(at + 4);
  }
  return safeInteger(bytes.readBigInt64BE(at));
}

/** A number where that is exact, as Connect's INT64 wants it. */
export function safeInteger(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
