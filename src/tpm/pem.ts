/** PEM (RFC 7468, strict form) of exactly one block. */

import { EvidenceError } from '../bytes/errors.ts';

/** Far above a 4096-bit key. */
const MAX_PEM = 16384;

/**
 * The DER inside a PEM file that holds one block of the given label and nothing else.
 * @throws EvidenceError `tpm.pem`
 */
export function decodePem(bytes: Uint8Array, label: string): Uint8Array {
  if (bytes.length > MAX_PEM) throw pemError('is too long');
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  if (lines.at(-1) === '') lines.pop();
  if (lines[0] !== `-----BEGIN ${label}-----`) throw pemError(`does not begin with the line -----BEGIN ${label}-----`);
  if (lines.at(-1) !== `-----END ${label}-----`) throw pemError(`does not end with the line -----END ${label}-----`);
  const body = lines.slice(1, -1).join('');
  const der = Buffer.from(body, 'base64');
  if (der.length === 0 || der.toString('base64') !== body) throw pemError('has a body that is not base64');
  return new Uint8Array(der);
}

function pemError(what: string): EvidenceError {
  return new EvidenceError('tpm.pem', `the PEM file ${what}`);
}
