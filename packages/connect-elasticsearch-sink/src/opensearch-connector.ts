import {
  type ConfigDef,
  ConfigError,
  type ConfigValue,
  type Props,
  validateConfig,
} from "@millrace/connect-api";
import { AIVEN_CONFIG, fromAiven, toAivenKey } from "./config/aiven.ts";
import { addProblems, ElasticsearchSinkConnector, hasErrors, withoutSecrets } from "./connector.ts";

/**
 * Aiven's OpenSearch sink. Its keys that have other names here are put into ours before
 * anything else looks at them; the task knows only those.
 */
export class OpensearchSinkConnector extends ElasticsearchSinkConnector {
  override config(): ConfigDef {
    return AIVEN_CONFIG;
  }

  /** @throws {ConfigError} when the configuration is not valid; OpenSearch is not asked */
  override start(props: Props): void {
    super.start(fromAiven(props));
  }

  override testConnection(props: Props): Promise<string> {
    return super.testConnection(fromAiven(props));
  }

  override async validate(props: Props): Promise<ConfigValue[]> {
    const values = validateConfig(AIVEN_CONFIG, props).map(withoutSecrets);
    if (hasErrors(values)) return values;
    try {
      for (const { name, errors } of await super.validate(fromAiven(props))) {
        for (const message of errors) addProblems(values, [{ keys: [toAivenKey(name)], message }]);
      }
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      addProblems(values, [{ keys: ["key.ignore.id.strategy"], message: error.message }]);
    }
    return values;
  }
}
