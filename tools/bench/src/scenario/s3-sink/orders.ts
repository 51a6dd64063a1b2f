import {
  BOOLEAN_SCHEMA,
  DATE_SCHEMA,
  Decimal,
  decimalSchema,
  FLOAT32_SCHEMA,
  FLOAT64_SCHEMA,
  INT32_SCHEMA,
  INT64_SCHEMA,
  OPTIONAL_FLOAT64_SCHEMA,
  OPTIONAL_STRING_SCHEMA,
  SchemaBuilder,
  STRING_SCHEMA,
  Struct,
  TIMESTAMP_SCHEMA,
} from "@millrace/connect-api";

/** Twenty columns, as a shop has them. */
export const ORDER = SchemaBuilder.struct()
  .name("com.example.Order")
  .field("id", INT64_SCHEMA)
  .field("created", TIMESTAMP_SCHEMA)
  .field("day", DATE_SCHEMA)
  .field("customer_id", INT64_SCHEMA)
  .field("customer", STRING_SCHEMA)
  .field("email", STRING_SCHEMA)
  .field("street", STRING_SCHEMA)
  .field("city", STRING_SCHEMA)
  .field("country", STRING_SCHEMA)
  .field("status", STRING_SCHEMA)
  .field("currency", STRING_SCHEMA)
  .field("quantity", INT32_SCHEMA)
  .field("price", FLOAT64_SCHEMA)
  .field("total", decimalSchema(2, { precision: 12 }))
  .field("discount", OPTIONAL_FLOAT64_SCHEMA)
  .field("weight", FLOAT32_SCHEMA)
  .field("paid", BOOLEAN_SCHEMA)
  .field("voucher", OPTIONAL_STRING_SCHEMA)
  .field("note", STRING_SCHEMA)
  .field("description", STRING_SCHEMA)
  .build();

const WORDS =
  "the quick brown fox jumps over a lazy dog while seven wizards brew strange potions near old mills and rivers carry grain to distant towns before winter closes every road with snow again".split(
    " ",
  );
const CITIES = ["Berlin", "Lisboa", "Kraków", "Lyon", "Göteborg", "Torino", "Utrecht", "Graz"];
const COUNTRIES = ["DE", "PT", "PL", "FR", "SE", "IT", "NL", "AT"];
const STATUSES = ["new", "paid", "packed", "sent", "delivered", "returned"];
const CURRENCIES = ["EUR", "PLN", "SEK"];
const NOTE_BYTES = 240;
const DESCRIPTION_BYTES = 660;
const DAY_MS = 86_400_000;
const START = Date.parse("2026-01-01T00:00:00Z");

/** Order `number`, always the same: 1 KB as Avro. */
export function orderOf(number: number): Struct {
  const random = randomFrom(number);
  const pick = <T>(list: readonly T[]): T => list[random() % list.length]!;
  const place = random() % CITIES.length;
  const customer = random() % 100_000;
  const quantity = 1 + (random() % 20);
  const cents = random() % 100_000;
  const created = START + number * 250;
  return Struct.of(ORDER, [
    number,
    new Date(created),
    new Date(created - (created % DAY_MS)),
    customer,
    `${pick(WORDS)} ${pick(WORDS)} ${customer}`,
    `${pick(WORDS)}.${customer}@example.com`,
    `${pick(WORDS)} street ${random() % 500}`,
    CITIES[place],
    COUNTRIES[place],
    pick(STATUSES),
    pick(CURRENCIES),
    quantity,
    cents / 100,
    new Decimal(BigInt(quantity * cents), 2),
    random() % 3 === 0 ? (random() % 50) / 100 : null,
    Math.fround((random() % 10_000) / 1000),
    random() % 4 !== 0,
    random() % 5 === 0 ? `V${random() % 1_000_000}` : null,
    text(NOTE_BYTES, random),
    text(DESCRIPTION_BYTES, random),
  ]);
}

function text(bytes: number, random: () => number): string {
  let text = "";
  while (text.length < bytes) text += `${WORDS[random() % WORDS.length]!} `;
  return text;
}

/** Numbers of 31 bits (xorshift). */
function randomFrom(seed: number): () => number {
  let state = (seed + 1) * 2_654_435_761;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 1;
  };
}
