export interface MediaType {
  readonly type: string;
  readonly subtype: string;
  /** How much it is wanted, from 0 to 1. */
  readonly quality: number;
}

// RFC 9110, 5.6.2 to 5.6.6.
const TOKEN = "[-!#$%&'*+.^_`|~0-9A-Za-z]+";
const PARAMETERS = `((?:\\s*;\\s*(?:${TOKEN}=(?:${TOKEN}|"(?:[^"\\\\]|\\\\.)*"))?)*)\\s*`;
const MEDIA_TYPE = new RegExp(`^\\s*(${TOKEN})/(${TOKEN})${PARAMETERS}$`);
/** A type alone stands for all of its subtypes. */
const RANGE = new RegExp(`\\s*(${TOKEN})(?:/(${TOKEN}))?${PARAMETERS}(?:,|$)`, "y");
const QUALITY = /;\s*q=([^;\s]*)/i;

/** The type of a body, in lower case. @returns undefined where the text is none */
export function parseMediaType(text: string): MediaType | undefined {
  return mediaType(MEDIA_TYPE.exec(text));
}

/** What a client takes, the best first. @returns undefined where the text is no such list */
export function parseAccept(text: string): MediaType[] | undefined {
  const ranges: MediaType[] = [];
  for (RANGE.lastIndex = 0; RANGE.lastIndex < text.length;) {
    const range = mediaType(RANGE.exec(text));
    if (range === undefined) return undefined;
    ranges.push(range);
  }
  return ranges.toSorted((a, b) => b.quality - a.quality);
}

function mediaType(match: RegExpExecArray | null): MediaType | undefined {
  if (match === null) return undefined;
  const [, type, subtype = "*", parameters = ""] = match;
  const quality = Number(QUALITY.exec(parameters)?.[1] ?? 1);
  if (!(quality >= 0 && quality <= 1)) return undefined;
  return { type: type!.toLowerCase(), subtype: subtype.toLowerCase(), quality };
}
