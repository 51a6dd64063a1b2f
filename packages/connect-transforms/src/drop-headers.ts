import {
  type ConfigDef,
  type ConnectRecord,
  Headers,
  parseConfig,
  type Props,
  type Transformation,
} from "@millrace/connect-api";

const CONFIG = {
  headers: {
    type: "LIST",
    importance: "HIGH",
    nonEmpty: true,
    doc: "Names of the headers to remove.",
  },
} as const satisfies ConfigDef;

/** Removes headers by name (Java: `org.apache.kafka.connect.transforms.DropHeaders`). */
export class DropHeaders implements Transformation {
  #names: ReadonlySet<string> = new Set();

  config(): ConfigDef {
    return CONFIG;
  }

  configure(props: Props): void {
    this.#names = new Set(parseConfig(CONFIG, props).headers);
  }

  apply(record: ConnectRecord): ConnectRecord {
    if (!record.hasHeaders) return record;
    const headers = [...record.headers].filter((header) => !this.#names.has(header.key));
    return record.newRecord({ headers: new Headers(headers) });
  }
}
