import {
  type ConfigDef,
  type ConnectRecord,
  NULL_VALUE,
  parseConfig,
  parseString,
  type Props,
  type SchemaAndValue,
  type Transformation,
} from "@millrace/connect-api";

const notNull = (value: unknown) => (value === null ? "entry must be non null" : undefined);

const CONFIG = {
  header: {
    type: "STRING",
    importance: "HIGH",
    check: notNull,
    checksNull: true,
    doc: "Name of the header.",
  },
  "value.literal": {
    type: "STRING",
    importance: "HIGH",
    check: notNull,
    checksNull: true,
    doc: "The header's value; its type is guessed as SimpleHeaderConverter does: `5` is an INT8, `[1,2]` a list.",
  },
} as const satisfies ConfigDef;

/** Adds a header of a fixed value (Java: `org.apache.kafka.connect.transforms.InsertHeader`). */
export class InsertHeader implements Transformation {
  #header = "";
  #literal: SchemaAndValue = NULL_VALUE;

  config(): ConfigDef {
    return CONFIG;
  }

  configure(props: Props): void {
    const config = parseConfig(CONFIG, props);
    this.#header = config.header;
    this.#literal = parseString(config["value.literal"]);
  }

  apply(record: ConnectRecord): ConnectRecord {
    const { schema, value } = this.#literal;
    return record.newRecord({
      headers: record.headers.duplicate().add(this.#header, value, schema),
    });
  }
}
