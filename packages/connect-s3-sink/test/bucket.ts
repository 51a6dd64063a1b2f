import { randomUUID } from "node:crypto";
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import type { Props } from "@millrace/connect-api";
import { minioOf, type S3Address, sharedMinio } from "@millrace/services";

/** A bucket of its own on the shared S3 server. */
export class Bucket implements AsyncDisposable {
  readonly name: string;
  readonly client: S3Client;
  readonly #address: S3Address;

  private constructor(name: string, address: S3Address, region: string) {
    this.name = name;
    this.#address = address;
    const { url, accessKey, secretKey } = address;
    this.client = new S3Client({
      endpoint: url,
      region,
      forcePathStyle: true,
      credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
    });
  }

  static async create(address?: S3Address, region = "us-west-2"): Promise<Bucket> {
    const to = address ?? minioOf(await sharedMinio());
    const bucket = new Bucket(`millrace-${randomUUID()}`, to, region);
    await bucket.client.send(new CreateBucketCommand({ Bucket: bucket.name }));
    return bucket;
  }

  /** What a connector needs to write here. */
  get props(): Props {
    const { url, accessKey, secretKey } = this.#address;
    return {
      "s3.bucket.name": this.name,
      "store.url": url,
      "aws.access.key.id": accessKey,
      "aws.secret.access.key": secretKey,
      "retry.backoff.ms": "20",
      "s3.retry.backoff.ms": "10",
    };
  }

  async keys(): Promise<string[]> {
    const keys: string[] = [];
    for (let token: string | undefined; ;) {
      const page = await this.client.send(
        new ListObjectsV2Command({
          Bucket: this.name,
          ...(token !== undefined && { ContinuationToken: token }),
        }),
      );
      keys.push(...(page.Contents ?? []).map(({ Key }) => Key!));
      token = page.NextContinuationToken;
      if (token === undefined) return keys;
    }
  }

  async read(key: string): Promise<Buffer> {
    const { Body } = await this.client.send(new GetObjectCommand({ Bucket: this.name, Key: key }));
    return Buffer.from(await Body!.transformToByteArray());
  }

  async write(key: string, content: string): Promise<void> {
    await this.client.send(
      new PutObjectCommand({ Bucket: this.name, Key: key, Body: Buffer.from(content) }),
    );
  }

  async head(key: string) {
    return await this.client.send(new HeadObjectCommand({ Bucket: this.name, Key: key }));
  }

  async tags(key: string): Promise<Record<string, string>> {
    const { TagSet } = await this.client.send(
      new GetObjectTaggingCommand({ Bucket: this.name, Key: key }),
    );
    return Object.fromEntries((TagSet ?? []).map(({ Key, Value }) => [Key!, Value!]));
  }

  /** Uploads that were begun and neither completed nor given up. */
  async unfinishedUploads(): Promise<number> {
    const { Uploads } = await this.client.send(
      new ListMultipartUploadsCommand({ Bucket: this.name }),
    );
    return Uploads?.length ?? 0;
  }

  /** The lines of all objects of JSON, each parsed. */
  async jsonLines(): Promise<unknown[]> {
    const contents = await Promise.all((await this.keys()).map((key) => this.read(key)));
    return contents.flatMap((content) =>
      content
        .toString()
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as unknown),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const Key of await this.keys()) {
      await this.client.send(new DeleteObjectCommand({ Bucket: this.name, Key }));
    }
    await this.client.send(new DeleteBucketCommand({ Bucket: this.name }));
    this.client.destroy();
  }
}
