/** A reference to a value that a provider keeps: `${provider:path:key}` or `${provider:key}` (KIP-297). */
export interface Variable {
  /** As it stands in the configuration, braces included. */
  readonly text: string;
  readonly provider: string;
  /** Empty where none is given. */
  readonly path: string;
  readonly key: string;
  /** Where it begins in its text. */
  readonly start: number;
}

/**
 * The variables of a text, in order; what Java's pattern
 * `\$\{([^}]*?):(([^}]*?):)?([^}]*?)\}` finds. Read by hand, as that pattern takes cubic
 * time on a text of many colons, and the texts come from whoever may use the REST API.
 */
export function variablesIn(text: string): Variable[] {
  return [...found(text)];
}

export function hasVariable(text: string): boolean {
  return !found(text).next().done;
}

/** The text with its variables replaced; those without a value stay as they are. */
export function replaceVariables(
  text: string,
  valueOf: (variable: Variable) => string | undefined,
): string {
  let result = "";
  let copied = 0;
  for (const variable of found(text)) {
    result += text.slice(copied, variable.start) + (valueOf(variable) ?? variable.text);
    copied = variable.start + variable.text.length;
  }
  return result + text.slice(copied);
}

function* found(text: string): Generator<Variable> {
  for (let start = text.indexOf("${"); start !== -1;) {
    const end = text.indexOf("}", start);
    if (end === -1) return;
    const body = text.slice(start + 2, end);
    const colon = body.indexOf(":");
    if (colon !== -1) {
      const rest = body.slice(colon + 1);
      const second = rest.indexOf(":");
      yield {
        start,
        text: text.slice(start, end + 1),
        provider: body.slice(0, colon),
        path: second === -1 ? "" : rest.slice(0, second),
        key: rest.slice(second + 1),
      };
    }
    // Without a colon before the brace there is none for a `${` in between either.
    start = text.indexOf("${", end + 1);
  }
}
