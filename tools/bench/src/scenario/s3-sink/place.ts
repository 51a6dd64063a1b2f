import { CreateBucketCommand, paginateListObjectsV2, S3Client } from "@aws-sdk/client-s3";
import { type Minio, startMinio } from "@millrace/services";

const BUCKET = "lake";

/** An S3 server with one bucket; both end when it is disposed. */
export class Place implements AsyncDisposable {
  readonly #minio: Minio;
  readonly #client: S3Client;

  private constructor(minio: Minio) {
    this.#minio = minio;
    this.#client = new S3Client({
      endpoint: minio.url,
      region: "us-west-2",
      forcePathStyle: true,
      credentials: { accessKeyId: minio.accessKey, secretAccessKey: minio.secretKey },
    });
  }

  static async make(): Promise<Place> {
    const place = new Place(await startMinio());
    await place.#client.send(new CreateBucketCommand({ Bucket: BUCKET }));
    return place;
  }

  /** For the sink's configuration. */
  get props(): Record<string, string> {
    return {
      "s3.bucket.name": BUCKET,
      "store.url": this.#minio.url,
      "aws.access.key.id": this.#minio.accessKey,
      "aws.secret.access.key": this.#minio.secretKey,
    };
  }

  /** How many objects there are. */
  async objects(): Promise<number> {
    let count = 0;
    for await (const { KeyCount } of paginateListObjectsV2(
      { client: this.#client },
      { Bucket: BUCKET },
    )) {
      count += KeyCount ?? 0;
    }
    return count;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.destroy();
    await this.#minio[Symbol.asyncDispose]();
  }
}
