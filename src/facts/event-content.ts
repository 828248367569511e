/** The proved content of an event, as facts carry it. */

import { digestHex } from '../bytes/hash.ts';
import { toHex } from '../bytes/text.ts';
import type { Verified } from '../bytes/trust.ts';
import type { AuthorityBody, EventBody, VariableBody } from '../logs/tcg/event-body.ts';
import { CERT_SHA256_GUID, CERT_X509_GUID, signaturesOf, type SignatureList } from '../uefi/signature-list.ts';
import type { EventContent, SignatureFact } from './model.ts';

const NONE: EventContent = { kind: 'none' };
/** Longer values are looked at through their entries, or not at all. */
const MAX_VALUE = 64;

/** @param source undefined where no digest proves the data: then there is no content */
export function contentOf(source: Verified<EventBody> | undefined): EventContent {
  if (source === undefined) return NONE;
  const body = source.verified;
  switch (body.kind) {
    case 'separator':
      // The type is not hashed: any 4 bytes can be called a separator, and those of another value are none of the firmware's.
      return { kind: 'separator', error: body.value !== 0 && body.value !== 0xffffffff };
    case 'action':
      return { kind: 'action', text: body.text };
    case 'variable':
      return body.nameBound ? variable(body) : NONE;
    case 'authority':
      return authority(body);
    case 'grub-command':
    case 'kernel-command-line':
    case 'module-command-line':
    case 'stub-command-line':
      return { kind: 'text', role: body.kind, text: body.text };
    case 'gpt':
      return { kind: 'gpt' };
    default:
      return NONE;
  }
}

function variable({ name, guid, data, signatureLists }: VariableBody): EventContent {
  return {
    kind: 'variable',
    name,
    guid,
    empty: data.length === 0,
    ...(data.length <= MAX_VALUE && { value: toHex(data) }),
    ...(signatureLists !== undefined && { entries: signatureLists.flatMap(entriesOf) }),
  };
}

function entriesOf(list: SignatureList): SignatureFact[] {
  return signaturesOf(list).map(({ owner, data }) => ({
    type: typeOf(list, data),
    owner,
    sha256: digestHex('sha256', data),
  }));
}

/** By the list's type, where the data can be of it: firmware passes over what is no certificate in a list of certificates. */
function typeOf(list: SignatureList, data: Uint8Array): SignatureFact['type'] {
  if (list.type === CERT_SHA256_GUID) return 'sha256';
  return list.type === CERT_X509_GUID && data[0] === DER_SEQUENCE && data.length > MAX_VALUE ? 'x509' : 'other';
}

const DER_SEQUENCE = 0x30;

/** Text is kept for what shim measures as text; a bound keeps a hostile variable small. */
const MAX_TEXT = 1024;

function authority({ name, data, signature }: AuthorityBody): EventContent {
  const text = data.length <= MAX_TEXT ? new TextDecoder('latin1').decode(data) : undefined;
  return {
    kind: 'authority',
    variable: name,
    entry:
      signature === undefined ? null : { type: signature.type, owner: signature.owner ?? '', sha256: signature.sha256 },
    ...(signature === undefined && text !== undefined && { text }),
  };
}
