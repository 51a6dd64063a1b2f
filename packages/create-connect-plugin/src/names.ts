/** How a new package and its connectors are called, wherever the template says "example". */
export interface Names {
  /** The npm package: `connect-my-thing`, `@acme/connect-my-thing`. */
  readonly packageName: string;
  /** Begins the names of classes: `MyThing`. */
  readonly classPrefix: string;
  /** Begins keys of configurations: `my.thing`. */
  readonly keyPrefix: string;
  /** Begins names of files: `my-thing`. */
  readonly filePrefix: string;
  /** Java's way to tell classes of different makers apart: `com.acme`. */
  readonly javaPackage: string;
}

/** What is wrong with a name that was given, and what it should be like. */
export class NameError extends Error {}

const PACKAGE = /^(?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/;
const JAVA_PACKAGE = /^[a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)*$/;

/**
 * @param name of the package, with or without `connect-`: `my-thing`, `@acme/connect-my-thing`
 * @throws {NameError}
 */
export function namesOf(name: string, javaPackage: string): Names {
  if (!PACKAGE.test(name) || name.length > 200) {
    throw new NameError(
      `"${name}" cannot be the name of a package: use lower-case letters, digits and hyphens, such as my-thing or @acme/connect-my-thing`,
    );
  }
  if (!JAVA_PACKAGE.test(javaPackage)) {
    throw new NameError(
      `"${javaPackage}" cannot begin the names of classes: use your domain the other way round, such as com.acme`,
    );
  }
  const slash = name.lastIndexOf("/") + 1;
  const words = name
    .slice(slash)
    .replace(/^connect-/, "")
    .split(/[._-]+/)
    .filter((word) => word !== "");
  if (words.length === 0 || /^\d/.test(words[0]!)) {
    throw new NameError(
      `"${name}" leaves no name for classes: it needs a word that begins with a letter`,
    );
  }
  return {
    packageName: `${name.slice(0, slash)}connect-${words.join("-")}`,
    classPrefix: words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join(""),
    keyPrefix: words.join("."),
    filePrefix: words.join("-"),
    javaPackage,
  };
}

/** A text of the template, or a file's name, with the new names in it. */
export function renamed(text: string, names: Names): string {
  return text
    .replaceAll("com.example", names.javaPackage)
    .replaceAll("connect-example", names.packageName)
    .replaceAll("Example", names.classPrefix)
    .replaceAll("example.", `${names.keyPrefix}.`)
    .replaceAll("example-", `${names.filePrefix}-`);
}
