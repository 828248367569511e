/** Decoded event data as `assay log` shows it: bounded, printable, one field per field of the body. */

import type { Json } from '../../bytes/json.ts';
import { printable, toHex } from '../../bytes/text.ts';
import { guidName } from '../../uefi/guid.ts';
import { CERT_X509_GUID, signaturesOf, signatureSha256, type SignatureList } from '../../uefi/signature-list.ts';
import type { EventBody } from './event-body.ts';

/** Bytes of raw data shown; the log itself has the rest. */
const MAX_RAW_BYTES = 64;
/** Text shown per field: a kernel command line is at most 2048 characters on x86. */
const MAX_TEXT = 2048;
/** Entries shown per signature list; a dbx has hundreds. */
const MAX_SIGNATURES = 16;

type Fields = { readonly [key: string]: Json };

/** The body of one event as JSON, without its `kind`. Whether any of it is proved stands in the event's `binding`. */
export function reportBody(body: EventBody): Fields {
  switch (body.kind) {
    case 'separator':
      return { value: body.value ?? null, error: body.error };
    case 'action':
    case 'grub-command':
    case 'kernel-command-line':
    case 'module-command-line':
    case 'stub-command-line':
      return { text: text(body.text) };
    case 'variable':
      return {
        name: text(body.name),
        guid: guid(body.guid),
        nameBound: body.nameBound,
        ...raw(body.data),
        ...(body.signatureLists === undefined ? {} : { signatureLists: body.signatureLists.map(signatureList) }),
        ...(body.signatureListsError === undefined ? {} : { signatureListsError: body.signatureListsError }),
      };
    case 'authority': {
      const { signature } = body;
      if (signature === undefined) return { name: text(body.name), guid: guid(body.guid), ...raw(body.data) };
      const owner = signature.owner === undefined ? null : guid(signature.owner);
      const { type, sha256 } = signature;
      return { name: text(body.name), guid: guid(body.guid), signature: { type, owner, sha256 } };
    }
    case 'image':
      return {
        role: body.role,
        imageLocation: hex(body.imageLocation),
        imageLength: hex(body.imageLength),
        path: body.path === undefined ? null : text(body.path),
      };
    case 'gpt':
      return {
        diskGuid: body.gpt.diskGuid,
        partitions: body.gpt.partitions.map((p) => ({ type: guid(p.type), guid: p.guid, name: text(p.name) })),
      };
    case 'firmware-blob':
      return { ...described(body.description), blobBase: hex(body.blobBase), blobLength: hex(body.blobLength) };
    case 'crtm-version':
    case 'label':
      return body.text === undefined ? raw(body.data) : { text: text(body.text) };
    case 'handoff-tables':
      return {
        ...described(body.description),
        tables: body.tables.map((table) => ({ table: guid(table.guid), address: hex(table.address) })),
      };
    case 'file':
      return { path: text(body.path) };
    case 'mok':
    case 'stub-section-name':
      return { name: text(body.name) };
    case 'stub-section':
      return { name: text(body.name), nameIndex: body.nameIndex };
    case 'tagged':
      return { id: hex(body.id), ...(body.name === undefined ? {} : { name: body.name }), ...raw(body.data) };
    case 'no-action':
      return {
        subject: body.subject,
        ...(body.locality === undefined ? {} : { locality: body.locality }),
        ...(body.signature === undefined ? {} : { signature: text(body.signature) }),
        ...raw(body.data),
      };
    case 'malformed':
      return { code: body.code, detail: text(body.detail), ...raw(body.data) };
    case 'unknown':
      return raw(body.data);
  }
}

function text(value: string): string {
  return printable(value, MAX_TEXT);
}

function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}

function guid(value: string): string {
  const name = guidName(value);
  return name === undefined ? value : `${value} (${name})`;
}

function described(description: string | undefined): Fields {
  return description === undefined ? {} : { description: text(description) };
}

function raw(data: Uint8Array): Fields {
  return { bytes: data.length, hex: toHex(data.subarray(0, MAX_RAW_BYTES)) };
}

function signatureList(list: SignatureList): Json {
  const shown = signaturesOf({ ...list, count: Math.min(list.count, MAX_SIGNATURES) });
  return {
    type: guid(list.type),
    count: list.count,
    signatures: shown.map((signature) => ({
      owner: guid(signature.owner),
      ...(list.type === CERT_X509_GUID ? { sha256: signatureSha256(signature) } : raw(signature.data)),
    })),
  };
}
