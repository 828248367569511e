/** UEFI variables in events: configuration, boot variables, and the authorities that admitted images. */

import { EvidenceError, readOr } from '../../bytes/errors.ts';
import { digestHex } from '../../bytes/hash.ts';
import { GLOBAL_VARIABLE_GUID, guidText, IMAGE_SECURITY_GUID, SHIM_LOCK_GUID } from '../../uefi/guid.ts';
import { parseSignatureLists } from '../../uefi/signature-list.ts';
import { parseVariableData, type UefiVariableData } from '../../uefi/variable.ts';
import { bound, boundWithQuirk, mayMatch, mismatch, mustMatch, PART, type DecodeInput, malformed } from './decode.ts';
import type { AuthorityBody, DecodedEvent, EventBody, VariableBody } from './event-body.ts';

/** Variables that hold EFI_SIGNATURE_LISTs (UEFI 2.10, 32.3 and 3.3): name → GUID. */
const LIST_VARIABLES: ReadonlyMap<string, string> = new Map([
  ['PK', GLOBAL_VARIABLE_GUID],
  ['KEK', GLOBAL_VARIABLE_GUID],
  ['db', IMAGE_SECURITY_GUID],
  ['dbx', IMAGE_SECURITY_GUID],
  ['dbt', IMAGE_SECURITY_GUID],
  ['dbr', IMAGE_SECURITY_GUID],
]);

/** EV_EFI_VARIABLE_DRIVER_CONFIG: the digest is of the whole structure. */
export function decodeVariableDriverConfig(input: DecodeInput): DecodedEvent {
  const variable = readVariable(input);
  if (variable instanceof EvidenceError) return mustMatch(input, malformed(input, variable));
  if (input.matches(input.data)) return bound(variableBody(input, variable, true));
  if (input.context.format === 'tcg-1.2' && input.matches(variable.data)) {
    return boundWithQuirk('variable-driver-config-data-only', variableBody(input, variable, false));
  }
  return mismatch(variableBody(input, variable, false));
}

/** EV_EFI_VARIABLE_BOOT: the digest is of VariableData, by many firmwares of the whole structure. */
export function decodeVariableBoot(input: DecodeInput): DecodedEvent {
  const variable = readVariable(input);
  if (variable instanceof EvidenceError) return mustMatch(input, malformed(input, variable));
  if (input.matches(variable.data)) return bound(variableBody(input, variable, false));
  if (input.matches(input.data)) return boundWithQuirk('variable-boot-whole', variableBody(input, variable, true));
  return mismatch(variableBody(input, variable, false));
}

/** EV_EFI_VARIABLE_BOOT2: the digest is of the whole structure. */
export function decodeVariableBoot2(input: DecodeInput): DecodedEvent {
  const variable = readVariable(input);
  if (variable instanceof EvidenceError) return mustMatch(input, malformed(input, variable));
  return mustMatch(input, variableBody(input, variable, true));
}

/** EV_EFI_SPDM_DEVICE_POLICY and DEVICE_AUTHORITY: device databases, as variables; too new for a rule without exceptions. */
export function decodeDevicePolicy(input: DecodeInput): DecodedEvent {
  const variable = readVariable(input);
  if (variable instanceof EvidenceError) return mayMatch(input, malformed(input, variable));
  return input.matches(input.data)
    ? bound(variableBody(input, variable, true))
    : { binding: 'hint', body: variableBody(input, variable, false) };
}

/** EV_EFI_VARIABLE_AUTHORITY: the digest is of the whole structure. */
export function decodeVariableAuthority(input: DecodeInput): DecodedEvent {
  const variable = readVariable(input);
  if (variable instanceof EvidenceError) return mustMatch(input, malformed(input, variable));
  const body = authorityBody(variable);
  if (hasShimPadding(input, variable)) {
    return input.matches(input.data.subarray(0, -1))
      ? boundWithQuirk('shim-authority-minus-last-byte', body)
      : mustMatch(input, trailing(input, variable));
  }
  return mustMatch(input, variable.trailing.length === 0 ? body : trailing(input, variable));
}

/** See the quirk `shim-authority-minus-last-byte`. */
function hasShimPadding(input: DecodeInput, { guid, trailing: extra }: UefiVariableData): boolean {
  return (
    input.event.pcr === 7 &&
    input.context.afterSeparator &&
    (guid === SHIM_LOCK_GUID || guid === IMAGE_SECURITY_GUID) &&
    extra.length === 6 &&
    extra.subarray(0, 5).every((byte) => byte === 0)
  );
}

function readVariable(input: DecodeInput): UefiVariableData | EvidenceError {
  return readOr(
    () => parseVariableData(input.data, PART, input.event.dataOffset),
    (error) => error,
  );
}

/** Bytes behind the structure belong to no field: the data is not what the type says. */
function trailing(input: DecodeInput, variable: UefiVariableData): EventBody {
  const detail = `${variable.trailing.length} bytes after UEFI_VARIABLE_DATA`;
  return { kind: 'malformed', code: 'uefi.variable-trailing', detail, data: input.data };
}

function variableBody(input: DecodeInput, variable: UefiVariableData, nameBound: boolean): EventBody {
  if (variable.trailing.length !== 0) return trailing(input, variable);
  const { name, guid, data } = variable;
  const body: VariableBody = { kind: 'variable', name, guid, data, nameBound };
  if (LIST_VARIABLES.get(name) !== guid) return body;
  const base = input.event.dataOffset + variable.dataOffset;
  return readOr(
    () => ({ ...body, signatureLists: parseSignatureLists(data, PART, base) }),
    ({ code }) => ({ ...body, signatureListsError: code }),
  );
}

const OWNER_SIZE = 16;
const SHA256_SIZE = 32;

function authorityBody({ name, guid, data }: UefiVariableData): AuthorityBody {
  const body: AuthorityBody = { kind: 'authority', name, guid, data };
  if (isDer(data)) return { ...body, signature: entry('x509', undefined, data) };
  if (data.length <= OWNER_SIZE) return body;
  const owner = guidText(data.subarray(0, OWNER_SIZE));
  const rest = data.subarray(OWNER_SIZE);
  if (isDer(rest)) return { ...body, signature: entry('x509', owner, rest) };
  if (rest.length === SHA256_SIZE && guid === IMAGE_SECURITY_GUID) {
    return { ...body, signature: entry('sha256', owner, rest) };
  }
  return body;
}

function entry(
  type: 'x509' | 'sha256',
  owner: string | undefined,
  data: Uint8Array,
): AuthorityBody['signature'] & object {
  return { type, owner, data, sha256: digestHex('sha256', data) };
}

/** Whether the bytes are one DER SEQUENCE with a two-byte length, as every certificate of 256 bytes and more is. */
function isDer(bytes: Uint8Array): boolean {
  return (
    bytes.length >= 4 && bytes[0] === 0x30 && bytes[1] === 0x82 && bytes.length === 4 + bytes[2]! * 256 + bytes[3]!
  );
}
