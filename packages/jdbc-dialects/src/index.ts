export { type CalendarSystem, legacyShiftDays } from "./calendar.ts";
export { connectionSettings, CREDENTIALS_PROVIDER } from "./connection-keys.ts";
export {
  type ConnectionSettings,
  type Dialect,
  type Isolation,
  ISOLATIONS,
  type Spelling,
} from "./dialect.ts";
export { type Fault, type FaultKind, faultOf } from "./faults.ts";
export { DIALECTS, findDialect, withoutSecrets } from "./find-dialect.ts";
export {
  type Identifiers,
  parseTable,
  plainName,
  quoteName,
  type QuoteMethod,
  quoteTable,
  splitIdentifier,
  splitNames,
  type TableId,
} from "./identifiers.ts";
export {
  NUMERIC_MAPPINGS,
  type NumericMapping,
  TIMESTAMP_GRANULARITIES,
  type TimestampGranularity,
  type TypeOptions,
} from "./reading/type-options.ts";
export {
  ALL_TABLES,
  type DriverValue,
  type Instant,
  type Origin,
  type Parameter,
  type ResultColumn,
  type ResultField,
  type ResultSet,
  type RowBatch,
  type SelectOptions,
  type Selection,
  type Session,
  type TableFilter,
} from "./session.ts";
export { Sessions, type SessionsOptions } from "./sessions.ts";
export { TimeZone } from "./time-zone.ts";
export { inTime, pause } from "./wait.ts";
export { type Bind, binderOf, type TemporalOptions } from "./writing/binder.ts";
export { type Digits, type Kind, kindOf } from "./writing/kind.ts";
export type {
  NewColumn,
  RowColumn,
  Statement,
  TableColumn,
  TableDefinition,
  TableType,
  Write,
  WriteMode,
  WriteOptions,
  Writing,
} from "./writing/writing.ts";
export { writingOf } from "./writing/writing-of.ts";
