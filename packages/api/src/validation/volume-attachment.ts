import type { FieldError } from '../errors.js';
import type { VolumeAttachment, VolumeAttachmentSource, VolumeError } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { validateCsiDriverName } from './csi-driver-name.js';
import { forbidden, invalidEach, invalidValue, required, tooLong } from './field-error.js';
import { byteLength, checkDnsSubdomain, rangeText } from './names.js';
import { validateInlineVolumeSpec } from './persistent-volume.js';
import { semanticEqual } from './semantic-equal.js';
import { MAX_INT32 } from './values.js';

const MAX_METADATA_BYTES = 256 * 1024;
const MAX_MESSAGE_BYTES = 1024;
type Attachment = DeepReadonly<Partial<VolumeAttachment>>;

/** Only at creation: the attacher must be the name of a CSI driver. */
export function validateVolumeAttachmentCreate({ spec }: Attachment): FieldError[] {
  const pvName = spec?.source?.persistentVolumeName;
  return [
    ...validateCsiDriverName(spec?.attacher ?? '', 'spec.attacher'),
    ...(pvName === undefined ? [] : invalidEach('spec.source.persistentVolumeName', pvName, checkDnsSubdomain(pvName))),
  ];
}

export function validateVolumeAttachment({ spec, status }: Attachment): FieldError[] {
  const { attacher = '', nodeName = '', source = {} } = spec ?? {};
  const errors = attacher === '' ? [required('spec.attacher')] : [];
  errors.push(...validateSource(source, 'spec.source'));
  errors.push(...invalidEach('spec.nodeName', nodeName, checkDnsSubdomain(nodeName)));
  const bytes = Object.entries(status?.attachmentMetadata ?? {}).reduce(
    (sum, [key, value]) => sum + byteLength(key) + byteLength(value),
    0,
  );
  if (bytes > MAX_METADATA_BYTES) errors.push(tooLong('status.attachmentMetadata', MAX_METADATA_BYTES));
  return [
    ...errors,
    ...validateVolumeError(status?.attachError, 'status.attachError'),
    ...validateVolumeError(status?.detachError, 'status.detachError'),
  ];
}

function validateSource(source: DeepReadonly<VolumeAttachmentSource>, path: string): FieldError[] {
  const { inlineVolumeSpec, persistentVolumeName } = source;
  const text = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
  if (inlineVolumeSpec && persistentVolumeName !== undefined) return [forbidden(path, text)];
  if (inlineVolumeSpec) return validateInlineVolumeSpec(inlineVolumeSpec, `${path}.inlineVolumeSpec`);
  if (persistentVolumeName === undefined) return [required(path, text)];
  return persistentVolumeName === ''
    ? [required(`${path}.persistentVolumeName`, 'must specify non empty persistentVolumeName')]
    : [];
}

function validateVolumeError(error: DeepReadonly<VolumeError> | undefined, path: string): FieldError[] {
  const { message = '', errorCode = 0 } = error ?? {};
  return [
    // The limit that Kubernetes names here is another than the one it checks.
    ...(byteLength(message) > MAX_MESSAGE_BYTES ? [tooLong(`${path}.message`, MAX_METADATA_BYTES)] : []),
    ...(errorCode < 0 ? [invalidValue(`${path}.errorCode`, errorCode, rangeText(0, MAX_INT32))] : []),
  ];
}

export function validateVolumeAttachmentUpdate(attachment: Attachment, old: Attachment): FieldError[] {
  const { spec } = attachment;
  if (semanticEqual(spec, old.spec)) return [];
  const source = {
    PersistentVolumeName: spec?.source?.persistentVolumeName ?? null,
    InlineVolumeSpec: spec?.source?.inlineVolumeSpec ?? null,
  };
  // Kubernetes shows its inner type here, whose fields are capitalized.
  const shown = { Attacher: spec?.attacher ?? '', Source: source, NodeName: spec?.nodeName ?? '' };
  return [invalidValue('spec', shown, 'field is immutable')];
}
