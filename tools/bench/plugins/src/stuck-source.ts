import {
  type ConfigDef,
  type Props,
  SourceConnector,
  type SourceRecord,
  SourceTask,
} from "@millrace/connect-api";

/** Its task runs into an endless loop at its first poll, and never gives its thread back. */
export class StuckSource extends SourceConnector {
  #props: Props = {};

  config(): ConfigDef {
    return {};
  }

  start(props: Props): void {
    this.#props = props;
  }

  taskClass(): new () => SourceTask {
    return StuckTask;
  }

  taskConfigs(): Props[] {
    return [this.#props];
  }

  stop(): void {}
}

class StuckTask extends SourceTask {
  start(): void {}

  poll(): Promise<SourceRecord[]> {
    for (let turns = 0; ; turns++) if (turns < 0) return Promise.resolve([]);
  }

  stop(): void {}
}
