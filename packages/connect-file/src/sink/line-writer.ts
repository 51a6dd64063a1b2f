/** Where a sink task's lines go. Calls never overlap. */
export interface LineWriter extends AsyncDisposable {
  /**
   * Writes whole lines; the bytes may be written over once it has resolved.
   * @throws {ConnectError} naming the file and the remedy; after one that is retriable
   *   the same lines may be written again
   */
  write(lines: Buffer): Promise<void>;
  /**
   * Resolves when everything written is durable (I1).
   * @throws {ConnectError} when it is not
   */
  sync(): Promise<void>;
}
