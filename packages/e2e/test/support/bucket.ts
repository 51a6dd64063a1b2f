import { randomUUID } from "node:crypto";
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from "@aws-sdk/client-s3";
import type { S3Address } from "@millrace/services";

/** A bucket of its own; gone with `await using`. */
export class Bucket implements AsyncDisposable {
  readonly name: string;
  readonly #client: S3Client;
  readonly #address: S3Address;

  private constructor(address: S3Address) {
    this.name = `millrace-${randomUUID()}`;
    this.#address = address;
    this.#client = new S3Client({
      endpoint: address.url,
      region: "us-west-2",
      forcePathStyle: true,
      credentials: { accessKeyId: address.accessKey, secretAccessKey: address.secretKey },
    });
  }

  static async create(address: S3Address): Promise<Bucket> {
    const bucket = new Bucket(address);
    await bucket.#client.send(new CreateBucketCommand({ Bucket: bucket.name }));
    return bucket;
  }

  /** Where it is, for a connector. */
  get props(): Record<string, string> {
    const { url, accessKey, secretKey } = this.#address;
    return {
      "s3.bucket.name": this.name,
      "store.url": url,
      "aws.access.key.id": accessKey,
      "aws.secret.access.key": secretKey,
    };
  }

  async keys(): Promise<string[]> {
    const keys: string[] = [];
    for (let token: string | undefined; ;) {
      const page = await this.#client.send(
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
    const { Body } = await this.#client.send(new GetObjectCommand({ Bucket: this.name, Key: key }));
    return Buffer.from(await Body!.transformToByteArray());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const Key of await this.keys()) {
      await this.#client.send(new DeleteObjectCommand({ Bucket: this.name, Key }));
    }
    await this.#client.send(new DeleteBucketCommand({ Bucket: this.name }));
    this.#client.destroy();
  }
}
