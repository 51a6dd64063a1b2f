/**
 * What a producer tells of its work, request by request: for metrics. Called on the way of the
 * data, so it must be quick and must not throw.
 */
export interface ProduceObserver {
  /**
   * A produce request leaves.
   * @param records in all of its batches
   * @param batchBytes size of each batch, as it is sent
   */
  requestSent(records: number, batchBytes: readonly number[]): void;
  /** The broker has answered, or the request was lost. */
  requestEnded(latencyMs: number): void;
  /** So many records are to be sent again. */
  retried(records: number): void;
  /** So many records were given up. */
  failed(records: number): void;
}

/** What a fetcher tells of its work; as {@link ProduceObserver}. */
export interface FetchObserver {
  /**
   * A broker has answered a fetch request.
   * @param bytes of the whole answer
   */
  fetched(bytes: number, latencyMs: number): void;
}
