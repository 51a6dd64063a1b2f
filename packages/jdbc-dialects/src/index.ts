export { type CalendarSystem, legacyShiftDays } from "./calendar.ts";
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
