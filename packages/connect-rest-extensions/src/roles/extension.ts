import {
  type ConfigDef,
  type ConnectRestExtension,
  type ConnectRestExtensionContext,
  type Props,
  type RestRequest,
  type RestResponse,
} from "@millrace/connect-api";
import { isInternal } from "../internal-requests.ts";
import { WatchedFile } from "../watched-file.ts";
import { type Access, accessOf, needsBody, type Role } from "./access.ts";
import { Grants } from "./grants.ts";

const KEY = "rest.roles.file";

const CONFIG = {
  [KEY]: {
    type: "STRING",
    importance: "HIGH",
    nonEmpty: true,
    doc: 'JSON file that says who may do what: {"grants": [{"users": ["alice"], "role": "operate", "connectors": ["orders-*"]}]}. Roles are view, operate, edit and admin, each with those before it; connectors left out are all. It is read again when it changes.',
  },
} as const satisfies ConfigDef;

/**
 * Lets users do what their roles allow, and nothing else. Who they are is found out by an extension
 * that `rest.extension.classes` names before, or by the client's certificate.
 */
export class RolesExtension implements ConnectRestExtension {
  #path = "";

  config() {
    return CONFIG;
  }

  configure(props: Props): void {
    this.#path = props[KEY]!.trim();
  }

  async register(context: ConnectRestExtensionContext): Promise<void> {
    const file = await WatchedFile.open({
      key: KEY,
      path: this.#path,
      logger: context.logger,
      parse: (bytes) => Grants.parse(bytes.toString()),
    });
    const decide = async (request: RestRequest, access: Access) =>
      answer(await file.value(), request, access);
    context.filter((request) => {
      if (isInternal(request)) return undefined;
      const access = accessOf(request);
      // Who may edit nothing at all need not be read.
      return decide(request, needsBody(request) ? { ...access, scope: "some" } : access);
    });
    context.filter(
      (request) => (needsBody(request) ? decide(request, accessOf(request)) : undefined),
      { afterBody: true },
    );
    const may = (user: string | undefined, role: Role, connector: string) =>
      user !== undefined && file.latest.allows(user, { role, scope: "connector" }, connector);
    context.showConnectors(({ user }, connector) => may(user, "view", connector));
    // Who may edit must be able to send back what they got.
    context.hideSecrets(({ user }, connector) => !may(user, "edit", connector));
  }
}

function answer(grants: Grants, request: RestRequest, access: Access): RestResponse | undefined {
  const { user, connector, method, route } = request;
  if (user === undefined) {
    return refusal(
      401,
      "It is not known who asks. Send credentials, or a client certificate; on the worker, name the extension that checks them before RolesExtension in rest.extension.classes",
    );
  }
  if (grants.allows(user, access, connector)) return undefined;
  const where = {
    connector:
      connector === undefined ? "all connectors" : `connector ${JSON.stringify(connector)}`,
    some: "a connector",
    all: "all connectors",
  }[access.scope];
  return refusal(
    403,
    `User ${JSON.stringify(user)} may not ${method} ${route}: it takes the role ${access.role} for ${where}`,
  );
}

function refusal(status: number, message: string): RestResponse {
  return { status, body: JSON.stringify({ error_code: status, message }) };
}
