/** Where a sink task's lines go. Calls never overlap. */
export interface LineWriter extends AsyncDisposable {
  /**
   * Writes whole lines; the bytes may be written over once it has resolved.
   * @throws {ConnectError} naming the file and the remedy; to be called again then, with the same
   *   lines: it goes on where it was
   */
  write(lines: Buffer): Promise<void>;
  /**
   * Resolves when everything written is durable (I1).
   * @throws {ConnectError} when it is not
   */
  sync(): Promise<void>;
}
