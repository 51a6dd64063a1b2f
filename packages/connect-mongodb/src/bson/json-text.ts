/** What Java's JSON writer of BSON writes as it is: letters, digits, punctuation, symbols and blanks, no marks. */
const PLAIN = /^[\p{Lu}\p{Ll}\p{Lt}\p{Lo}\p{N}\p{Zs}\p{P}\p{S}]$/u;
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const SPECIAL = /["\\\u0000-\u001f\u007f-\uffff]/;

const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/** A text in quotes as Java's BSON library writes it: surrogates and marks are escaped one by one. */
export function quote(text: string): string {
  if (!SPECIAL.test(text)) return `"${text}"`;
  let quoted = '"';
  for (let i = 0; i < text.length; i++) {
    const unit = text[i]!;
    quoted += SHORT[unit] ?? (PLAIN.test(unit) ? unit : escape(unit.charCodeAt(0)));
  }
  return `${quoted}"`;
}

function escape(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, "0")}`;
}
