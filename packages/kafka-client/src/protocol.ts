import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type * as Library from "@platformatic/kafka";

/**
 * The only door to @platformatic/kafka: request and response codecs, nothing that holds state.
 *
 * Its one entry point would load its clients and registries too, with a JSON Schema, an Avro and a
 * Protobuf library: half a second and 45 MB for every thread with a task. So its modules are loaded
 * one by one, by their place in the package, which is why our dependency names one exact version;
 * and the codec of an API when it is first called: a broker speaks one version of each.
 */
const folder = dirname(createRequire(import.meta.url).resolve("@platformatic/kafka"));

/** @param path of the module within the package's `dist` */
function load<M>(path: string): Promise<M> {
  // The types are those of the entry point, which exports everything these modules do.
  return import(pathToFileURL(join(folder, path)).href) as Promise<M>;
}

type Names<K extends keyof typeof Library> = Pick<typeof Library, K>;

const [definitions, readers, writers, apis, protocolErrorTables, errors, compression] =
  await Promise.all([
    load<Names<"createAPI">>("apis/definitions.js"),
    load<Names<"Reader">>("protocol/reader.js"),
    load<Names<"Writer">>("protocol/writer.js"),
    load<Names<"protocolAPIsById" | "protocolAPIsByName">>("protocol/apis.js"),
    load<Names<"protocolErrors" | "protocolErrorsCodesById">>("protocol/errors.js"),
    load<Names<"ResponseError">>("errors.js"),
    load<Names<"compressionsAlgorithms">>("protocol/compression.js"),
  ]);

export const { createAPI } = definitions;
export const { Reader } = readers;
export type Reader = Library.Reader;
export const { Writer } = writers;
export type Writer = Library.Writer;
export const { protocolAPIsById } = apis;
export const { protocolErrors, protocolErrorsCodesById } = protocolErrorTables;
export const { ResponseError } = errors;
export const compressionsAlgorithms: typeof Library.compressionsAlgorithms =
  compression.compressionsAlgorithms;
export type { Callback, ResponseParser } from "@platformatic/kafka";

/** The names of the library's APIs, one for each version: `metadataV12`. */
type ApiName = {
  [K in keyof typeof Library]: (typeof Library)[K] extends { api: { key: number } } ? K : never;
}[keyof typeof Library];

interface Codec<K extends ApiName> {
  readonly api: Pick<(typeof Library)[K]["api"], "key" | "version" | "async">;
}

/**
 * One API in one version, loaded by its first call.
 * @param group the folder in the package that has it
 */
function codec<K extends ApiName>(group: string, name: K): Codec<K> {
  const [, api = "", version = ""] = /^(.+)V(\d+)$/.exec(name) ?? [];
  const words = api.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  let loading: Promise<(typeof Library)[K]> | undefined;
  // The arguments are those of the codec that they are handed to.
  const async = async (...args: never[]): Promise<unknown> => {
    loading ??= load(`apis/${group}/${words}-v${version}.js`);
    const loaded = await loading;
    return (loaded.api.async as (...all: never[]) => Promise<unknown>)(...args);
  };
  return {
    api: {
      key: apis.protocolAPIsByName[api.charAt(0).toUpperCase() + api.slice(1)] ?? -1,
      version: Number(version),
      async,
    },
  };
}

export const addOffsetsToTxnV3 = codec("producer", "addOffsetsToTxnV3");
export const addOffsetsToTxnV4 = codec("producer", "addOffsetsToTxnV4");
export const addPartitionsToTxnV3 = codec("producer", "addPartitionsToTxnV3");
export const endTxnV3 = codec("producer", "endTxnV3");
export const endTxnV4 = codec("producer", "endTxnV4");
export const initProducerIdV3 = codec("producer", "initProducerIdV3");
export const initProducerIdV4 = codec("producer", "initProducerIdV4");
export const initProducerIdV5 = codec("producer", "initProducerIdV5");
export const txnOffsetCommitV3 = codec("producer", "txnOffsetCommitV3");
export const txnOffsetCommitV4 = codec("producer", "txnOffsetCommitV4");

export const apiVersionsV0 = codec("metadata", "apiVersionsV0");
export const apiVersionsV3 = codec("metadata", "apiVersionsV3");
export const findCoordinatorV3 = codec("metadata", "findCoordinatorV3");
export const findCoordinatorV4 = codec("metadata", "findCoordinatorV4");
export const findCoordinatorV5 = codec("metadata", "findCoordinatorV5");
export const findCoordinatorV6 = codec("metadata", "findCoordinatorV6");
export const metadataV9 = codec("metadata", "metadataV9");
export const metadataV10 = codec("metadata", "metadataV10");
export const metadataV11 = codec("metadata", "metadataV11");
export const metadataV12 = codec("metadata", "metadataV12");

export const saslAuthenticateV1 = codec("security", "saslAuthenticateV1");
export const saslAuthenticateV2 = codec("security", "saslAuthenticateV2");
export const saslHandshakeV1 = codec("security", "saslHandshakeV1");

export const createPartitionsV1 = codec("admin", "createPartitionsV1");
export const createPartitionsV2 = codec("admin", "createPartitionsV2");
export const createPartitionsV3 = codec("admin", "createPartitionsV3");
export const createTopicsV5 = codec("admin", "createTopicsV5");
export const createTopicsV6 = codec("admin", "createTopicsV6");
export const createTopicsV7 = codec("admin", "createTopicsV7");
export const deleteGroupsV1 = codec("admin", "deleteGroupsV1");
export const deleteGroupsV2 = codec("admin", "deleteGroupsV2");
export const deleteRecordsV1 = codec("admin", "deleteRecordsV1");
export const deleteRecordsV2 = codec("admin", "deleteRecordsV2");
export const deleteTopicsV4 = codec("admin", "deleteTopicsV4");
export const deleteTopicsV5 = codec("admin", "deleteTopicsV5");
export const deleteTopicsV6 = codec("admin", "deleteTopicsV6");
export const describeConfigsV2 = codec("admin", "describeConfigsV2");
export const describeConfigsV3 = codec("admin", "describeConfigsV3");
export const describeConfigsV4 = codec("admin", "describeConfigsV4");
export const describeGroupsV4 = codec("admin", "describeGroupsV4");
export const describeGroupsV5 = codec("admin", "describeGroupsV5");
export const incrementalAlterConfigsV0 = codec("admin", "incrementalAlterConfigsV0");
export const incrementalAlterConfigsV1 = codec("admin", "incrementalAlterConfigsV1");
export const listGroupsV3 = codec("admin", "listGroupsV3");
export const listGroupsV4 = codec("admin", "listGroupsV4");
export const listGroupsV5 = codec("admin", "listGroupsV5");
export const offsetDeleteV0 = codec("admin", "offsetDeleteV0");

export const heartbeatV3 = codec("consumer", "heartbeatV3");
export const heartbeatV4 = codec("consumer", "heartbeatV4");
export const joinGroupV5 = codec("consumer", "joinGroupV5");
export const joinGroupV6 = codec("consumer", "joinGroupV6");
export const joinGroupV7 = codec("consumer", "joinGroupV7");
export const joinGroupV8 = codec("consumer", "joinGroupV8");
export const joinGroupV9 = codec("consumer", "joinGroupV9");
export const leaveGroupV3 = codec("consumer", "leaveGroupV3");
export const leaveGroupV4 = codec("consumer", "leaveGroupV4");
export const leaveGroupV5 = codec("consumer", "leaveGroupV5");
export const listOffsetsV5 = codec("consumer", "listOffsetsV5");
export const listOffsetsV6 = codec("consumer", "listOffsetsV6");
export const listOffsetsV7 = codec("consumer", "listOffsetsV7");
export const listOffsetsV8 = codec("consumer", "listOffsetsV8");
export const listOffsetsV9 = codec("consumer", "listOffsetsV9");
export const offsetCommitV7 = codec("consumer", "offsetCommitV7");
export const offsetCommitV8 = codec("consumer", "offsetCommitV8");
export const offsetCommitV9 = codec("consumer", "offsetCommitV9");
export const offsetFetchV6 = codec("consumer", "offsetFetchV6");
export const offsetFetchV7 = codec("consumer", "offsetFetchV7");
export const offsetFetchV8 = codec("consumer", "offsetFetchV8");
export const offsetFetchV9 = codec("consumer", "offsetFetchV9");
export const syncGroupV3 = codec("consumer", "syncGroupV3");
export const syncGroupV4 = codec("consumer", "syncGroupV4");
export const syncGroupV5 = codec("consumer", "syncGroupV5");
