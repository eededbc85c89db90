export const PROTOBUF_TYPE = 'application/vnd.kubernetes.protobuf';

/** What every object in Kubernetes' protobuf begins with, before the message Unknown. */
export const MAGIC = Buffer.from('k8s\0');

/** Field numbers of what is around objects: runtime.Unknown, runtime.TypeMeta, any list, meta.k8s.io's WatchEvent. */
export const UNKNOWN = { typeMeta: 1, raw: 2, contentEncoding: 3, contentType: 4 } as const;
export const TYPE_META = { apiVersion: 1, kind: 2 } as const;
export const LIST = { metadata: 1, items: 2 } as const;
/** The only list whose numbers are the other way round: meta.k8s.io/v1beta1's PartialObjectMetadataList. */
export const V1BETA1_PARTIAL_LIST = { metadata: 2, items: 1 } as const;
export const WATCH_EVENT = { type: 1, object: 2 } as const;
export const RAW_EXTENSION = { raw: 1 } as const;
