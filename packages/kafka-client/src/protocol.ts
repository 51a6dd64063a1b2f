/**
 * The only door to @platformatic/kafka: request and response codecs, nothing that holds state.
 * Each namespace is one API in one version (`metadataV12.api`).
 */
export {
  createAPI,
  Reader,
  ResponseError,
  Writer,
  protocolAPIsById,
  protocolErrors,
  protocolErrorsCodesById,
  compressionsAlgorithms,
} from "@platformatic/kafka";
export type { Callback, ResponseParser } from "@platformatic/kafka";

export {
  addOffsetsToTxnV3,
  addOffsetsToTxnV4,
  addPartitionsToTxnV3,
  apiVersionsV0,
  apiVersionsV3,
  endTxnV3,
  endTxnV4,
  findCoordinatorV3,
  findCoordinatorV4,
  findCoordinatorV5,
  findCoordinatorV6,
  initProducerIdV3,
  initProducerIdV4,
  initProducerIdV5,
  metadataV9,
  metadataV10,
  metadataV11,
  metadataV12,
  saslAuthenticateV1,
  saslAuthenticateV2,
  saslHandshakeV1,
  txnOffsetCommitV3,
  txnOffsetCommitV4,
} from "@platformatic/kafka";
