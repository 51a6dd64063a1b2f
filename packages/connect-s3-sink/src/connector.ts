import {
  type ConfigDef,
  type ConfigValue,
  parseConfig,
  type Props,
  SinkConnector,
  type SinkTask,
  validateConfig,
} from "@millrace/connect-api";
import { ObjectStore } from "./client.ts";
import { CONFIG, type S3SinkConfig } from "./config.ts";
import { problems } from "./problems.ts";
import { S3SinkTask } from "./task.ts";

/** Writes the records of topics to objects of an S3 bucket. */
export class S3SinkConnector extends SinkConnector {
  #props: Props = {};

  config(): ConfigDef {
    return CONFIG;
  }

  /** @throws {ConfigError} when the configuration is not valid; S3 is not asked */
  start(props: Props): void {
    const [problem] = problems(parseConfig(CONFIG, props));
    if (problem !== undefined) throw problem;
    this.#props = props;
  }

  taskClass(): new () => SinkTask {
    return S3SinkTask;
  }

  taskConfigs(maxTasks: number): Props[] {
    return Array.from({ length: maxTasks }, () => this.#props);
  }

  stop(): void {}

  /** Looks for the bucket. */
  override async testConnection(props: Props): Promise<string> {
    const config = parseConfig(CONFIG, props);
    await withStore(config, (store) => store.checkBucket());
    return `The bucket ${config["s3.bucket.name"]} is there`;
  }

  /** Checks keys one by one, then against each other. */
  override validate(props: Props): ConfigValue[] {
    const values = validateConfig(CONFIG, props);
    if (values.some(({ errors }) => errors.length > 0)) return values;
    for (const { key, message } of problems(parseConfig(CONFIG, props))) {
      values.find(({ name }) => name === key)?.errors.push(message);
    }
    return values;
  }
}

async function withStore<T>(
  config: S3SinkConfig,
  use: (store: ObjectStore) => Promise<T>,
): Promise<T> {
  const store = new ObjectStore(config);
  try {
    return await use(store);
  } finally {
    store.close();
  }
}
