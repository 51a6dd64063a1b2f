export interface NameOptions {
  readonly topicsDir: string;
  readonly directoryDelimiter: string;
  readonly fileDelimiter: string;
  /** Digits of offsets, filled up with zeros. */
  readonly offsetWidth: number;
}

/**
 * The name of an object, as Java's S3 sink makes it:
 * `topics/orders/partition=0/orders+0+0000000042.avro`.
 * @param part "", or ".keys" or ".headers" for what is stored beside the values
 */
export function objectName(
  options: NameOptions,
  topic: string,
  directory: string,
  kafkaPartition: number,
  startOffset: number,
  extension: string,
  part = "",
): string {
  const { topicsDir, directoryDelimiter, fileDelimiter, offsetWidth } = options;
  const offset = String(startOffset).padStart(offsetWidth, "0");
  const file = [topic, kafkaPartition, offset].join(fileDelimiter);
  const folders = topicsDir.trim() === "" ? [topic, directory] : [topicsDir, topic, directory];
  return [...folders, `${file}${part}${extension}`].join(directoryDelimiter);
}
