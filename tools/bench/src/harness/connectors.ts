const STRING = "org.apache.kafka.connect.storage.StringConverter";

const TEXT = { "key.converter": STRING, "value.converter": STRING };

/** Configurations for lines as they are. */
export function fileSource(file: string, topic: string): Record<string, string> {
  return {
    "connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector",
    "tasks.max": "1",
    file,
    topic,
    ...TEXT,
  };
}

export function fileSink(file: string, topic: string): Record<string, string> {
  return {
    "connector.class": "org.apache.kafka.connect.file.FileStreamSinkConnector",
    "tasks.max": "1",
    file,
    topics: topic,
    ...TEXT,
  };
}

export function slowSink(topic: string, putMs: number): Record<string, string> {
  return {
    "connector.class": "millrace.bench.SlowSink",
    "tasks.max": "1",
    "put.ms": String(putMs),
    topics: topic,
    ...TEXT,
  };
}
