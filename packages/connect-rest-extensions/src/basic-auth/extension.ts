import { readFile } from "node:fs/promises";
import {
  type ConfigDef,
  ConfigError,
  type ConnectRestExtension,
  type ConnectRestExtensionContext,
  type Props,
  type RestRequest,
  type RestResponse,
  type RestUser,
} from "@millrace/connect-api";
import { isInternal } from "../internal-requests.ts";
import { parseCredentials } from "./credentials.ts";
import { type LoginModule, parseJaasFile } from "./jaas-file.ts";
import { UsersFile } from "./users-file.ts";

const KEY = "java.security.auth.login.config";
const ENTRY = "KafkaConnect";
const MODULE = "org.apache.kafka.connect.rest.basic.auth.extension.PropertyFileLoginModule";

const CONFIG = {
  [KEY]: {
    type: "STRING",
    default: null,
    importance: "HIGH",
    doc: `Java login configuration file whose entry ${ENTRY} names the users file: ${ENTRY} { ${MODULE} required file="/path/to/users.properties"; }; By default the one that KAFKA_OPTS in the environment names with -D${KEY}=.`,
  },
} as const satisfies ConfigDef;

const REFUSED: RestResponse = { status: 401, body: "User cannot access the resource." };

/**
 * Asks for user and password (KIP-285; Java's class of the same name, with its
 * `PropertyFileLoginModule`). Answers are Java's, so there is no `WWW-Authenticate` in them.
 */
export class BasicAuthSecurityRestExtension implements ConnectRestExtension {
  readonly #environment: NodeJS.ProcessEnv;
  #props: Props = {};

  /** @param environment by default that of the process */
  constructor(environment: NodeJS.ProcessEnv = process.env) {
    this.#environment = environment;
  }

  config() {
    return CONFIG;
  }

  configure(props: Props): void {
    this.#props = props;
  }

  async register({ filter, logger }: ConnectRestExtensionContext): Promise<void> {
    const { key, path } = this.#jaasFile();
    const modules = await modulesOf(key, path);
    const files: UsersFile[] = [];
    for (const module of modules) {
      files.push(await UsersFile.open(`${key} (file of ${ENTRY})`, fileOf(module, path), logger));
    }
    const protocol = this.#props["connect.protocol"]?.trim() ?? "sessioned";
    if (protocol !== "sessioned") {
      logger.warn(
        `connect.protocol=${protocol}: workers do not sign their requests to each other, and these are not authenticated: anybody can send them. Set connect.protocol=sessioned on all workers`,
      );
    }
    filter((request) => (isInternal(request) ? undefined : login(files, request)));
  }

  #jaasFile(): { key: string; path: string } {
    const path = this.#props[KEY]?.trim();
    if (path) return { key: KEY, path };
    const option = new RegExp(`(?:^|\\s)-D${KEY.replaceAll(".", "\\.")}=(?:"([^"]*)"|(\\S+))`);
    const match = option.exec(this.#environment["KAFKA_OPTS"] ?? "");
    const found = match?.[1] ?? match?.[2];
    if (found) return { key: `KAFKA_OPTS -D${KEY}`, path: found };
    throw new ConfigError(
      `Missing configuration ${KEY}: set it to a login configuration file with an entry ${ENTRY}, in the worker's properties or, as for the Java worker, with KAFKA_OPTS="-D${KEY}=/path/to/jaas.conf"`,
    );
  }
}

/**
 * In Java a module that does not know the user abstains, so one that knows them is enough whatever
 * the flags say.
 */
async function login(
  files: readonly UsersFile[],
  request: RestRequest,
): Promise<RestResponse | RestUser | undefined> {
  const credentials = parseCredentials(request.headers["authorization"]);
  const verdicts = await Promise.all(files.map((file) => file.judge(credentials)));
  if (verdicts.includes("known")) return { user: credentials!.user };
  // Who it is nobody has checked, so nobody it is.
  return verdicts.includes("anybody") ? undefined : REFUSED;
}

async function modulesOf(key: string, path: string): Promise<readonly LoginModule[]> {
  let modules: readonly LoginModule[] | undefined;
  try {
    modules = parseJaasFile(await readFile(path, "utf8")).get(ENTRY);
  } catch (error) {
    throw new ConfigError(key, path, (error as Error).message, { cause: error });
  }
  if (modules === undefined || modules.length === 0) {
    throw new ConfigError(key, path, `it has no entry ${ENTRY}: nobody could log in`);
  }
  const other = modules.find(({ className }) => className !== MODULE);
  if (other === undefined) return modules;
  throw new ConfigError(
    key,
    path,
    `the entry ${ENTRY} names ${other.className}, a Java class that cannot run here; use ${MODULE}, or a REST extension of your own`,
  );
}

function fileOf({ options }: LoginModule, path: string): string {
  const file = options.get("file")?.trim();
  if (file) return file;
  throw new ConfigError(KEY, path, `the login module of ${ENTRY} needs the option file="…"`);
}
