import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cached, cacheFolder } from "./cache.ts";
import { findProgram } from "./find-program.ts";
import { findJava } from "./java.ts";
import { withLock } from "./lock.ts";
import { startProgress } from "./progress.ts";
import { runCommand } from "./run-command.ts";

const PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1";

/** `group:artifact:version`, or with a packaging at the end, as Maven writes it. */
export type Coordinates = string;

/**
 * The cached folder `name` with the jars of these artifacts and all they need
 * at run time.
 *
 * @throws Error that names Maven when it is missing, or its complaint.
 */
export function jarsFromMaven(name: string, artifacts: readonly Coordinates[]): Promise<string> {
  return cached(name, (folder) =>
    runMaven(`Fetching ${name} (Maven)`, folder, artifacts, [
      `${PLUGIN}:copy-dependencies`,
      `-DoutputDirectory=${folder}`,
      "-DincludeScope=runtime",
    ]),
  );
}

/** The cached folder `name` with the jar of one artifact, without what it needs. */
export function jarFromMaven(name: string, artifact: Coordinates): Promise<string> {
  return cached(name, (folder) =>
    runMaven(
      `Fetching ${name} (Maven)`,
      folder,
      [],
      [`${PLUGIN}:copy`, `-Dartifact=${artifact}:jar`, `-DoutputDirectory=${folder}`],
    ),
  );
}

/**
 * The cached folder `name` with the unpacked content of one archive artifact.
 *
 * @param parent of the artifact's POM, where it was not published: Maven wants to read it, and
 *   takes the project that asks for it.
 */
export function unpackedFromMaven(
  name: string,
  artifact: Coordinates,
  parent?: Coordinates,
): Promise<string> {
  return cached(name, (folder) =>
    runMaven(
      `Fetching ${name} (Maven)`,
      folder,
      [],
      [`${PLUGIN}:unpack`, `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`],
      parent,
    ),
  );
}

function projectWith(project: Coordinates, artifacts: readonly Coordinates[]): string {
  const [group, id, version] = project.split(":");
  const dependencies = artifacts.map((artifact) => {
    const [group, id, version] = artifact.split(":");
    return `<dependency><groupId>${group}</groupId><artifactId>${id}</artifactId><version>${version}</version></dependency>`;
  });
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>${group}</groupId><artifactId>${id}</artifactId><version>${version}</version>
  <packaging>pom</packaging>
  <dependencies>${dependencies.join("\n    ")}</dependencies>
</project>
`;
}

/** Runs Maven on a project that stands in `folder` only meanwhile. */
async function runMaven(
  what: string,
  folder: string,
  dependencies: readonly Coordinates[],
  args: readonly string[],
  identity: Coordinates = "millrace:services:1",
): Promise<void> {
  const maven = findProgram("mvn");
  if (maven === undefined) {
    throw new Error(
      `${what} needs Maven, and there is no mvn on the PATH. Install it (the package is called ` +
        "maven in apt, dnf, apk and Homebrew), or give the address of a running server in the environment.",
    );
  }
  const java = await findJava();
  const project = join(folder, "pom.xml");
  await writeFile(project, projectWith(identity, dependencies));
  const progress = startProgress(what);
  let files = 0;
  const onLine = (line: string) => {
    if (line.includes("Downloaded from")) progress.update(`${++files} files`);
  };
  // Maven 3 does not guard its local repository against a second Maven.
  await withLock(join(cacheFolder(), "locks", "maven"), () =>
    runCommand(maven, ["--batch-mode", "--file", project, ...args], {
      env: { ...process.env, JAVA_HOME: java.home },
      what,
      onLine,
    }),
  );
  progress.done();
  await rm(project);
  await rm(join(folder, "target"), { recursive: true, force: true });
}
