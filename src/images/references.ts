/** Reference sets computed from files: key and revocation lists from a variable store, MOK state from shim, firmware from its flash image. */

import { EvidenceError } from '../bytes/errors.ts';
import type { ManifestEvent } from '../references/manifest.ts';
import {
  parseReferenceSet,
  type ReferenceSet,
  type ReferenceSetOf,
  type SignatureEntry,
} from '../references/reference-set.ts';
import { GLOBAL_VARIABLE_GUID, IMAGE_SECURITY_GUID } from '../uefi/guid.ts';
import { readPe } from '../uefi/pe.ts';
import {
  CERT_SHA256_GUID,
  CERT_X509_GUID,
  parseSignatureLists,
  signatureSha256,
  signaturesOf,
  type Signature,
} from '../uefi/signature-list.ts';
import { parseCertificate } from '../x509/certificate.ts';
import { readVariableStore, variableData, type StoredVariable } from './firmware/variable-store.ts';
import { dxeVolumes } from './firmware/volume.ts';
import { digestsOf } from './measure.ts';
import { mokEvents, readShim } from './shim.ts';
import { readAll, type ByteSource } from './source.ts';

/** What an operator states about a reference set, whatever its values come from. */
export interface ReferenceMeta {
  readonly name: string;
  readonly version: string;
  readonly source: string;
  readonly author: string;
  readonly approver?: string;
  /** RFC 3339, UTC */
  readonly expiresAt: string;
}

export type FirmwareComponent = ReferenceSetOf<'firmware'>['components'][number];

/**
 * Key set from a variable store: PK, KEK and db.
 * @throws EvidenceError `reference.signature-type` for an entry that is neither a certificate nor a SHA-256, and those of the readers
 */
export function secureBootKeys(store: ByteSource, meta: ReferenceMeta): ReferenceSetOf<'secure-boot-keys'> {
  const variables = readVariableStore(readAll(store, 'variables'), 'variables');
  return checked('secure-boot-keys', {
    ...common(meta),
    kind: 'secure-boot-keys',
    PK: entries(variables, GLOBAL_VARIABLE_GUID, 'PK'),
    KEK: entries(variables, GLOBAL_VARIABLE_GUID, 'KEK'),
    db: entries(variables, IMAGE_SECURITY_GUID, 'db'),
  });
}

/**
 * Key set from the lists of signatures of each database.
 * @throws EvidenceError as {@link secureBootKeys}
 */
export function keySetOfLists(
  lists: Readonly<Record<'PK' | 'KEK' | 'db', Uint8Array>>,
  meta: ReferenceMeta,
): ReferenceSetOf<'secure-boot-keys'> {
  const [PK, KEK, db] = (['PK', 'KEK', 'db'] as const).map((name) => listed(lists[name], name));
  return checked('secure-boot-keys', { ...common(meta), kind: 'secure-boot-keys', PK, KEK, db });
}

/** What a host's dbx must at least hold: all of this list. @throws EvidenceError as {@link secureBootKeys} */
export function requiredDbxOfList(list: Uint8Array, meta: ReferenceMeta): ReferenceSetOf<'dbx'> {
  const required = listed(list, 'dbx').map((entry) => entry.sha256);
  return checked('dbx', { ...common(meta), kind: 'dbx', required });
}

/**
 * What a host's dbx must at least hold: all of this store's.
 * @param reason why an empty list is right; without it an empty dbx is refused
 */
export function requiredDbx(store: ByteSource, meta: ReferenceMeta, reason?: string): ReferenceSetOf<'dbx'> {
  const variables = readVariableStore(readAll(store, 'variables'), 'variables');
  return checked('dbx', {
    ...common(meta),
    kind: 'dbx',
    required: entries(variables, IMAGE_SECURITY_GUID, 'dbx').map((entry) => entry.sha256),
    ...(reason === undefined ? {} : { reason }),
  });
}

/** What shim measures of MOK and SBAT where nothing was enrolled. */
export function mokReference(shim: ByteSource, meta: ReferenceMeta): ReferenceSetOf<'mok'> {
  const content = readShim(readPe(readAll(shim, 'shim'), 'shim'));
  return checked('mok', {
    ...common(meta),
    kind: 'mok',
    sbatLevels: [...content.sbatLevels],
    variables: mokEvents(content).map(({ what, digests }: ManifestEvent) => ({ name: what, digests })),
  });
}

/**
 * Firmware reference: the volume with the DXE core, from the flash image's code part, and `captured`, the components no file gives.
 * @throws EvidenceError `firmware.dxe` unless the file has exactly one such volume
 */
export function firmwareReference(
  code: ByteSource,
  meta: ReferenceMeta,
  captured?: { readonly from: string; readonly components: readonly FirmwareComponent[] },
): ReferenceSetOf<'firmware'> {
  const [volume, ...more] = dxeVolumes(readAll(code, 'firmware'), 'firmware');
  if (volume === undefined || more.length > 0) {
    const count = volume === undefined ? 'no volume holds' : 'more than one volume holds';
    throw new EvidenceError('firmware.dxe', `firmware: ${count} the DXE core`, { part: 'firmware' });
  }
  const dxe: FirmwareComponent = {
    component: 'dxe-volume',
    pcr: 0,
    digests: digestsOf(volume),
    basis: 'computed-from-file',
  };
  return checked('firmware', {
    ...common(meta),
    kind: 'firmware',
    // A set is worth its weakest component.
    ...(captured === undefined ? {} : { basis: 'approved-capture', capturedFrom: captured.from }),
    components: [dxe, ...(captured?.components ?? [])],
  });
}

function common(meta: ReferenceMeta): object {
  return { schema: 'assay.reference/1', basis: 'computed-from-file', ...meta };
}

function checked<K extends ReferenceSet['kind']>(kind: K, value: object): ReferenceSetOf<K> {
  const set = parseReferenceSet(value);
  if (set.kind !== kind) throw new TypeError(`built a ${set.kind} reference where ${kind} was meant`);
  return set as ReferenceSetOf<K>;
}

function entries(variables: readonly StoredVariable[], guid: string, name: string): SignatureEntry[] {
  return listed(variableData(variables, guid, name), name);
}

function listed(data: Uint8Array, name: string): SignatureEntry[] {
  return parseSignatureLists(data, `variables (${name})`, 0)
    .flatMap((list) => signaturesOf(list))
    .map((signature) => entry(signature, name));
}

function entry(signature: Signature, name: string): SignatureEntry {
  const { owner, type, data } = signature;
  const sha256 = signatureSha256(signature);
  if (type === CERT_SHA256_GUID) return { type: 'sha256', owner, sha256 };
  if (type === CERT_X509_GUID) return { type: 'x509', owner, sha256, subject: parseCertificate(data, name).subject };
  throw new EvidenceError('reference.signature-type', `${name}: an entry of type ${type}`, { part: name });
}
