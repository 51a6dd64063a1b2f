import {
  type ConfigDef,
  type ConnectRecord,
  parseConfig,
  type Predicate,
  type Props,
} from "@millrace/connect-api";

const CONFIG = {
  name: { type: "STRING", importance: "MEDIUM", nonEmpty: true, doc: "Name of the header." },
} as const satisfies ConfigDef;

/**
 * True for records that have at least one header of a name (Java:
 * `org.apache.kafka.connect.transforms.predicates.HasHeaderKey`).
 */
export class HasHeaderKey implements Predicate {
  #name = "";

  config(): ConfigDef {
    return CONFIG;
  }

  configure(props: Props): void {
    this.#name = parseConfig(CONFIG, props).name;
  }

  test(record: ConnectRecord): boolean {
    return record.hasHeaders && record.headers.lastWithName(this.#name) !== undefined;
  }
}
