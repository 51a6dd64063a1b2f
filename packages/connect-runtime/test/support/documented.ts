import { undocumentedBy } from "@millrace/services";
import { openApi } from "../../src/rest/api/openapi.ts";

/** What an answer has that the OpenAPI document does not tell of; "" is nothing. */
export const undocumented = undocumentedBy(openApi());
