import { StringConverter } from "@millrace/connect-converters";
import type { TaskConverters } from "../../src/record/converters.ts";

const className = "org.apache.kafka.connect.storage.StringConverter";

export const TEXT_CONVERTERS: TaskConverters = {
  key: new StringConverter(),
  value: new StringConverter(),
  header: new StringConverter(),
  classNames: { key: className, value: className, header: className },
};
