import type { Encoded, Schema, SchemaAndValue } from "@millrace/connect-api";
import { describe, expect, test } from "vitest";
import {
  BooleanConverter,
  ByteArrayConverter,
  DoubleConverter,
  FloatConverter,
  IntegerConverter,
  JsonConverter,
  LongConverter,
  ShortConverter,
  SimpleHeaderConverter,
  StringConverter,
} from "../src/index.ts";
import {
  bytesOf,
  comparable,
  described,
  encoded,
  type GoldenBytes,
  type GoldenError,
  type GoldenRead,
  type GoldenResult,
  isError,
  outcome,
  recording,
} from "./golden-recording.ts";
import { goldenValue } from "./golden-values.ts";

type Written = GoldenBytes | GoldenError | { bytes: GoldenBytes; back: GoldenResult };

interface ConverterCase {
  readonly case: string;
  readonly from_connect: Readonly<Record<string, Written>>;
}

/** Where this package differs on purpose, by case and converter. */
const DIFFERENCES: Readonly<Record<string, string>> = {
  "schemaless-int LongConverter": "a number without schema has no width: 5 may be a long",
  "schemaless-int ShortConverter": "a number without schema has no width: 5 may be a short",
  "schemaless-float DoubleConverter": "a number without schema has no width: 1.5 may be a double",
  "schemaless-float IntegerConverter":
    "Java's message says that it is a float, here it is a double",
  "schemaless-float LongConverter": "as before",
  "schemaless-float ShortConverter": "as before",
  "schemaless-float ByteArrayConverter": "as before",
  "schemaless-float BooleanConverter": "as before",
  "bytebuffer StringConverter": "Java prints the size of a ByteBuffer, which does not exist here",
};

const CONVERTERS = {
  ByteArrayConverter,
  IntegerConverter,
  LongConverter,
  ShortConverter,
  FloatConverter,
  DoubleConverter,
  BooleanConverter,
  StringConverter,
};

interface BothWays {
  write(schema: Schema | null, value: unknown): Encoded;
  read(bytes: Buffer | null): SchemaAndValue;
}

/** A converter by its name in the recordings, such as `JsonConverter:schemas.enable=true`. */
function converterNamed(name: string): BothWays {
  if (name === "SimpleHeaderConverter") {
    const converter = new SimpleHeaderConverter();
    return {
      write: (schema, value) => converter.fromConnectHeader("t", "h", schema, value),
      read: (bytes) => converter.toConnectHeader("t", "h", bytes),
    };
  }
  const converter = name.startsWith("JsonConverter:")
    ? jsonConverter(name.slice("JsonConverter:".length))
    : new CONVERTERS[name as keyof typeof CONVERTERS]();
  return {
    write: (schema, value) => converter.fromConnectData("t", [], schema, value),
    read: (bytes) => converter.toConnectData("t", [], bytes),
  };
}

function jsonConverter(settings: string): JsonConverter {
  const converter = new JsonConverter();
  const props = settings.split(",").map((setting) => setting.split("="));
  converter.configure(Object.fromEntries(props) as Record<string, string>, false);
  return converter;
}

function readOutcome(read: () => SchemaAndValue): unknown {
  return comparable(outcome(() => described(read())));
}

describe("values that Java's converters wrote", () => {
  for (const recorded of recording<ConverterCase>("converters")) {
    const { schema, value } = goldenValue(recorded.case);
    const results = Object.entries(recorded.from_connect).filter(
      ([name]) => DIFFERENCES[`${recorded.case} ${name}`] === undefined,
    );

    test.for(results)(`${recorded.case} by %s`, ([name, result]) => {
      const expected = isError(result) ? comparable(result) : writtenBytes(result);
      const written = outcome(() => encoded(converterNamed(name).write(schema, value)));
      expect(isError(written) ? comparable(written) : written).toEqual(expected);
    });

    const readings = results.filter(([, result]) => result !== null && "back" in result);
    test.for(readings)(`${recorded.case} read again by %s`, ([name, result]) => {
      const { bytes, back } = result as { bytes: GoldenBytes; back: GoldenResult };
      expect(readOutcome(() => converterNamed(name).read(bytesOf(bytes)))).toEqual(
        comparable(back),
      );
    });
  }
});

function writtenBytes(result: Exclude<Written, GoldenError>): GoldenBytes {
  return result !== null && "bytes" in result ? result.bytes : result;
}

describe("JSON that Java's JsonConverter read", () => {
  type ParseCase = { readonly input: string | null } & Readonly<Record<string, GoldenResult>>;

  for (const { input, ...bySettings } of recording<ParseCase>("json-parse")) {
    test.for(Object.entries(bySettings))(`${input} with %s`, ([settings, recorded]) => {
      const bytes = input === null ? null : Buffer.from(input);
      const read = () => jsonConverter(settings).toConnectData("t", [], bytes);
      expect(readOutcome(read)).toEqual(comparable(recorded));
    });
  }
});

describe("texts that are JSON to Java, and why others are not", () => {
  type SyntaxCase = {
    readonly input: string;
    readonly cause_message?: string;
    readonly text?: string;
  };

  test.for(recording<SyntaxCase>("json-syntax"))("$input", ({ input, ...recorded }) => {
    const converter = jsonConverter("schemas.enable=false");
    const result = outcome(() => described(converter.toConnectData("t", [], Buffer.from(input))));
    expect(
      isError(result) ? { cause_message: result.cause_message } : { text: result.to_string },
    ).toEqual(recorded);
  });
});

describe("headers that Java's SimpleHeaderConverter read", () => {
  type HeaderCase = { readonly input: string; readonly SimpleHeaderConverter: GoldenResult };
  const nothing: GoldenRead = {
    schema_string: null,
    java_class: "null",
    to_string: "null",
    json_with_schema: null,
  };

  test.for(recording<HeaderCase>("header-parse"))("$input", (recorded) => {
    const { input, SimpleHeaderConverter: result } = recorded;
    const read = () => new SimpleHeaderConverter().toConnectHeader("t", "h", Buffer.from(input));
    // Of the text null Java makes a NullPointerException.
    expect(readOutcome(read)).toEqual(comparable(isError(result) ? nothing : result));
  });
});
