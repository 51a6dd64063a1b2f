import { ConnectError } from "@millrace/connect-api";

/** A connector has made more tasks than it may. Its Java name is what clients look for. */
export class TooManyTasksError extends ConnectError {
  constructor(name: string, count: number, tasksMax: number) {
    super(
      `The connector ${name} has generated ${count} tasks, more than the ${tasksMax} that tasks.max allows: this is a defect of the connector. Raise tasks.max, or set tasks.max.enforce to false until it is mended.`,
      { javaName: "org.apache.kafka.connect.runtime.TooManyTasksException" },
    );
  }
}
