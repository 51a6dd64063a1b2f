/** The sets that `\p{…}` means in Java, as JavaScript writes them in a class of its mode `v`. */

const POSIX: Readonly<Record<string, string>> = {
  ASCII: "\\x00-\\x7f",
  Lower: "a-z",
  Upper: "A-Z",
  Alpha: "a-zA-Z",
  Digit: "0-9",
  Alnum: "a-zA-Z0-9",
  Punct: "\\x21-\\x2f\\x3a-\\x40\\x5b-\\x60\\x7b-\\x7e",
  Graph: "\\x21-\\x7e",
  Print: "\\x20-\\x7e",
  Blank: " \\t",
  Cntrl: "\\x00-\\x1f\\x7f",
  XDigit: "0-9a-fA-F",
  Space: " \\t\\n\\x0b\\f\\r",
  L1: "\\x00-\\xff",
  all: "\\p{Any}",
  javaLowerCase: "\\p{Lowercase}",
  javaUpperCase: "\\p{Uppercase}",
  javaAlphabetic: "\\p{Alphabetic}",
  javaIdeographic: "\\p{Ideographic}",
  javaLetter: "\\p{L}",
  javaDigit: "\\p{Nd}",
  javaLetterOrDigit: "\\p{L}\\p{Nd}",
};

/** What may stand after `Is`, besides scripts and categories. */
const BINARY: Readonly<Record<string, string>> = {
  ALPHABETIC: "\\p{Alphabetic}",
  IDEOGRAPHIC: "\\p{Ideographic}",
  LETTER: "\\p{L}",
  LOWERCASE: "\\p{Lowercase}",
  UPPERCASE: "\\p{Uppercase}",
  TITLECASE: "\\p{Lt}",
  PUNCTUATION: "\\p{P}",
  CONTROL: "\\p{Cc}",
  WHITE_SPACE: "\\p{White_Space}",
  WHITESPACE: "\\p{White_Space}",
  DIGIT: "\\p{Nd}",
  EMOJI: "\\p{Emoji}",
};

/** The set, to stand in a class; undefined when the name is not known. */
export function propertySet(name: string): string | undefined {
  const known = POSIX[name];
  if (known !== undefined) return known;
  const [, key = "", value = ""] = /^(?:(\w+)=|Is)(\w+)$/.exec(name) ?? [];
  switch (key.toLowerCase()) {
    case "sc":
    case "script":
      return valid(`\\p{Script=${capitalized(value)}}`);
    case "gc":
    case "general_category":
      return valid(`\\p{General_Category=${value}}`);
    case "":
      if (value === "") return valid(`\\p{General_Category=${name}}`);
      return (
        BINARY[value.toUpperCase()] ??
        valid(`\\p{General_Category=${value}}`) ??
        valid(`\\p{Script=${capitalized(value)}}`)
      );
    default:
      return undefined;
  }
}

/** Java does not look at the case of a script's name. */
function capitalized(name: string): string {
  return name.toLowerCase().replace(/(?:^|_)[a-z]/g, (letter) => letter.toUpperCase());
}

function valid(set: string): string | undefined {
  try {
    void new RegExp(set, "v");
    return set;
  } catch {
    return undefined;
  }
}
