import { createHash } from "node:crypto";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
  type S3ClientConfig,
  type S3ServiceException,
  type ServerSideEncryption,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { ConfiguredRetryStrategy } from "@smithy/util-retry";
import type { ConnectError } from "@millrace/connect-api";
import { HttpProxyAgent, HttpsProxyAgent } from "hpagent";
import type { S3SinkConfig } from "./config.ts";
import { credentialsOf } from "./credentials.ts";
import { Gate } from "./gate.ts";
import { s3Error } from "./s3-error.ts";

export interface ObjectDescription {
  readonly key: string;
  readonly contentType: string;
  readonly contentEncoding: string | undefined;
}

export type Metadata = Readonly<Record<string, string>>;

/** As Java's client has it. */
const CONNECT_MS = 10_000;

/** The bucket, as far as the sink needs it. The only one that speaks to S3. */
export class ObjectStore {
  readonly partSize: number;
  readonly #client: S3Client;
  readonly #config: S3SinkConfig;
  readonly #bucket: string;
  readonly #gate: Gate;
  #inFlight = 0;
  #waiting: (() => void)[] = [];

  constructor(config: S3SinkConfig) {
    this.#config = config;
    this.#bucket = config["s3.bucket.name"];
    this.partSize = config["s3.part.size"];
    this.#gate = new Gate(config["max.uploads"]);
    this.#client = new S3Client(clientConfig(config));
  }

  /** Bytes of parts that are being uploaded, or wait for it. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Resolves when the next upload has ended. */
  async progress(): Promise<void> {
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  close(): void {
    this.#client.destroy();
  }

  /** @throws {ConnectError} when the bucket cannot be reached */
  async checkBucket(): Promise<void> {
    const Bucket = this.#bucket;
    await this.#send(`Looking for the bucket ${Bucket}`, async () => {
      try {
        await this.#client.send(new HeadBucketCommand({ Bucket }));
      } catch (error) {
        // An answer to HEAD cannot say why: expired credentials, a wrong region and more are the same 400.
        if ((error as S3ServiceException).$metadata?.httpStatusCode !== 400) throw error;
        await this.#client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 1 }));
        throw error;
      }
    });
  }

  /**
   * @param content is asked for when it is this object's turn
   * @returns false when `onlyIfAbsent` and there is such an object
   */
  async put(
    object: ObjectDescription,
    content: () => Buffer,
    metadata: Metadata,
    onlyIfAbsent: boolean,
  ): Promise<boolean> {
    return await this.#ifAbsent(onlyIfAbsent, () =>
      this.#gate.run(async () => {
        const body = content();
        const command = new PutObjectCommand({
          ...this.#describe(object, metadata),
          ...this.#customerKey(),
          ...this.#digest(body),
          ...condition(onlyIfAbsent),
          Body: body,
        });
        return await this.#send(`Uploading ${object.key}`, () => this.#client.send(command));
      }),
    );
  }

  /** Begins an upload in parts; gives its id. */
  async create(object: ObjectDescription, metadata: Metadata): Promise<string> {
    const command = new CreateMultipartUploadCommand({
      ...this.#describe(object, metadata),
      ...this.#customerKey(),
    });
    const { UploadId } = await this.#send(`Beginning the upload of ${object.key}`, () =>
      this.#client.send(command),
    );
    return UploadId!;
  }

  /** Gives the part's tag. */
  async uploadPart(
    object: ObjectDescription,
    upload: string,
    number: number,
    body: Buffer,
  ): Promise<string> {
    const { ETag } = await this.#upload(object, body, () =>
      this.#client.send(
        new UploadPartCommand({
          ...this.#address(object),
          ...this.#customerKey(),
          ...this.#digest(body),
          UploadId: upload,
          PartNumber: number,
          Body: body,
        }),
      ),
    );
    return ETag!;
  }

  async complete(
    object: ObjectDescription,
    upload: string,
    tags: readonly string[],
    onlyIfAbsent: boolean,
  ): Promise<boolean> {
    const Parts = tags.map((ETag, i) => ({ ETag, PartNumber: i + 1 }));
    return await this.#ifAbsent(onlyIfAbsent, () =>
      this.#send(`Completing the upload of ${object.key}`, () =>
        this.#client.send(
          new CompleteMultipartUploadCommand({
            ...this.#address(object),
            ...condition(onlyIfAbsent),
            UploadId: upload,
            MultipartUpload: { Parts },
          }),
        ),
      ),
    );
  }

  async abort(object: ObjectDescription, upload: string): Promise<void> {
    await this.#send(`Giving up the upload of ${object.key}`, () =>
      this.#client.send(
        new AbortMultipartUploadCommand({ ...this.#address(object), UploadId: upload }),
      ),
    );
  }

  /** The metadata that an object was written with. */
  async metadata(key: string): Promise<Metadata> {
    const { Metadata } = await this.#send(`Looking at ${key}`, () =>
      this.#client.send(
        new HeadObjectCommand({ Bucket: this.#bucket, Key: key, ...this.#customerKey() }),
      ),
    );
    return Metadata ?? {};
  }

  async tag(key: string, tags: Metadata): Promise<void> {
    const TagSet = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    await this.#send(`Tagging ${key}`, () =>
      this.#client.send(
        new PutObjectTaggingCommand({ Bucket: this.#bucket, Key: key, Tagging: { TagSet } }),
      ),
    );
  }

  async #upload<T>(object: ObjectDescription, body: Buffer, send: () => Promise<T>): Promise<T> {
    this.#inFlight += body.length;
    try {
      return await this.#gate.run(() => this.#send(`Uploading ${object.key}`, send));
    } finally {
      this.#inFlight -= body.length;
      for (const resolve of this.#waiting.splice(0)) resolve();
    }
  }

  async #send<T>(what: string, send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (error) {
      throw s3Error(what, error, this.#config);
    }
  }

  async #ifAbsent(onlyIfAbsent: boolean, send: () => Promise<unknown>): Promise<boolean> {
    try {
      await send();
      return true;
    } catch (error) {
      if (onlyIfAbsent && httpStatus(error) === 412) return false;
      throw error;
    }
  }

  #address({ key }: ObjectDescription) {
    return { Bucket: this.#bucket, Key: key };
  }

  #describe(object: ObjectDescription, metadata: Metadata) {
    const { "s3.ssea.name": sse, "s3.sse.kms.key.id": kmsKey, "s3.acl.canned": acl } = this.#config;
    const byCustomer = this.#config["s3.sse.customer.key"].value() !== "";
    return {
      ...this.#address(object),
      ContentType: object.contentType,
      ...(object.contentEncoding && { ContentEncoding: object.contentEncoding }),
      Metadata: { ...metadata },
      ...(sse !== "" && !byCustomer && { ServerSideEncryption: sse as ServerSideEncryption }),
      ...(kmsKey !== "" && { SSEKMSKeyId: kmsKey }),
      ...(acl !== null && { ACL: acl }),
    };
  }

  /** It is sent with each request, since the server does not keep it. */
  #customerKey() {
    const key = this.#config["s3.sse.customer.key"].value();
    if (key === "") return {};
    const digest = createHash("md5").update(Buffer.from(key, "base64")).digest("base64");
    return { SSECustomerAlgorithm: "AES256", SSECustomerKey: key, SSECustomerKeyMD5: digest };
  }

  #digest(body: Buffer) {
    if (!this.#config["s3.send.digest"]) return {};
    return { ContentMD5: createHash("md5").update(body).digest("base64") };
  }
}

const condition = (onlyIfAbsent: boolean) => (onlyIfAbsent ? { IfNoneMatch: "*" } : {});

const httpStatus = (error: unknown): number | undefined =>
  ((error as ConnectError).cause as { $metadata?: { httpStatusCode?: number } } | undefined)
    ?.$metadata?.httpStatusCode;

function clientConfig(config: S3SinkConfig): S3ClientConfig {
  const retries = config["s3.part.retries"];
  const backoffMs = config["s3.retry.backoff.ms"];
  const endpoint = config["store.url"];
  const requestHandler = {
    ...proxy(config),
    connectionTimeout: CONNECT_MS,
    socketTimeout: config["s3.socket.timeout.ms"],
  };
  const credentials = credentialsOf(config, requestHandler);
  return {
    region: config["s3.region"],
    forcePathStyle: config["s3.path.style.access.enabled"],
    useAccelerateEndpoint: config["s3.wan.mode"],
    ...(endpoint !== null && { endpoint }),
    ...(credentials !== undefined && { credentials }),
    requestHandler,
    retryStrategy: new ConfiguredRetryStrategy(
      retries + 1,
      (attempt) => Math.random() * backoffMs * 2 ** attempt,
    ),
    // Servers other than AWS do not all know the newer checksums.
    requestChecksumCalculation: endpoint === null ? "WHEN_SUPPORTED" : "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  };
}

/** The agents that go through the proxy, if there is one. */
function proxy(config: S3SinkConfig) {
  const address = config["s3.proxy.url"];
  if (address === "") return {};
  const url = new URL(address);
  const user = config["s3.proxy.user"];
  if (user !== "") {
    url.username = user;
    url.password = config["s3.proxy.password"].value();
  }
  const options = { proxy: url, keepAlive: true };
  return { httpAgent: new HttpProxyAgent(options), httpsAgent: new HttpsProxyAgent(options) };
}
