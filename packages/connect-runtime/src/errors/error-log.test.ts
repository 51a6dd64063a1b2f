import { ConnectError, DataError, type Logger } from "@millrace/connect-api";
import { expect, it } from "vitest";
import { failedRecord, quietLogger } from "../../test/support/failed-records.ts";
import { ErrorLog, logsErrors } from "./error-log.ts";

interface Line {
  readonly message: string;
  readonly error: string;
}

function logged(props: Record<string, string>, error: unknown): Line {
  const lines: Line[] = [];
  const logger: Logger = {
    ...quietLogger,
    error: (message, details) =>
      lines.push({ message, error: (details as { error: string }).error }),
  };
  new ErrorLog("c-0", props, logger).report(failedRecord({ error }));
  expect(lines).toHaveLength(1);
  return lines[0]!;
}

const unreadable = () =>
  new DataError("Converting byte[] to Kafka Connect data failed: ", {
    cause: new ConnectError('Unrecognized token in "my secret"'),
  });

it("has Java's text", () => {
  const { message, error } = logged({}, unreadable());
  expect(message).toBe(
    "Error encountered in task c-0. Executing stage 'TRANSFORMATION' with class 'org.example.X'.",
  );
  expect(error).toMatch(
    /^org\.apache\.kafka\.connect\.errors\.DataException: Converting byte\[\] to Kafka Connect data failed: \n\tat /,
  );
});

it("tells the record where it is allowed to", () => {
  const { message, error } = logged({ "errors.log.include.messages": "true" }, unreadable());
  expect(message).toBe(
    "Error encountered in task c-0. Executing stage 'TRANSFORMATION' with class 'org.example.X', where consumed record is {topic='t', partition=0, offset=5}.",
  );
  expect(error).toContain("my secret");
});

it("tells nothing of it otherwise, nor what causes quote of it", () => {
  const { message, error } = logged({ "errors.log.include.messages": "false" }, unreadable());
  expect(`${message}${error}`).not.toMatch(/secret|offset/);
});

it("takes anything that can be thrown", () => {
  expect(logged({}, "my secret").error).toBe("string");
});

it("is on only where it is asked for", () => {
  expect(logsErrors({})).toBe(false);
  expect(logsErrors({ "errors.log.enable": " TRUE" })).toBe(true);
});
