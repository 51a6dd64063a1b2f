import type { S3ClientConfig } from "@aws-sdk/client-s3";
import { fromTemporaryCredentials } from "@aws-sdk/credential-providers";
import type { S3SinkConfig } from "./config.ts";

type CredentialsKind = "default-chain" | "assume-role";

/** What a Java class name of a provider stands for; undefined where it is not known. */
export function credentialsKind(className: string): CredentialsKind | undefined {
  switch (className.slice(className.lastIndexOf(".") + 1)) {
    case "DefaultAWSCredentialsProviderChain":
      return "default-chain";
    case "AwsAssumeRoleCredentialsProvider":
      return "assume-role";
    default:
      return undefined;
  }
}

type Credentials = S3ClientConfig["credentials"];

/**
 * @param requestHandler how the token service is reached: as the store, through the same proxy
 * @returns undefined for what the SDK finds by itself
 */
export function credentialsOf(
  config: S3SinkConfig,
  requestHandler: NonNullable<S3ClientConfig["requestHandler"]>,
): Credentials {
  const accessKeyId = config["aws.access.key.id"];
  const secretAccessKey = config["aws.secret.access.key"].value();
  const own = accessKeyId === "" ? undefined : { accessKeyId, secretAccessKey };
  if (credentialsKind(config["s3.credentials.provider.class"]) !== "assume-role") return own;
  const externalId = config["s3.credentials.provider.sts.role.external.id"];
  const endpoint = config["s3.credentials.provider.sts.endpoint"];
  return fromTemporaryCredentials({
    ...(own !== undefined && { masterCredentials: own }),
    params: {
      RoleArn: config["s3.credentials.provider.sts.role.arn"],
      RoleSessionName: config["s3.credentials.provider.sts.role.session.name"] || "millrace",
      ...(externalId !== "" && { ExternalId: externalId }),
    },
    clientConfig: {
      region: config["s3.credentials.provider.sts.region"] || config["s3.region"],
      ...(endpoint !== null && { endpoint }),
      requestHandler,
    },
  });
}
