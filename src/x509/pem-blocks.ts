/**
 * PEM as operators have it (RFC 7468, lax form): several blocks, any ends of lines, text around the blocks. What is between the lines of
 * a block must be base64 and nothing else.
 */

import { PolicyError } from '../bytes/errors.ts';

/** One block. */
export interface PemBlock {
  readonly label: string;
  readonly bytes: Uint8Array;
}

const BEGIN = /^-----BEGIN ([A-Z0-9 ]{1,64})-----$/;
const END = /^-----END ([A-Z0-9 ]{1,64})-----$/;

/** A file of a thousand roots has as many. */
const MAX_BLOCKS = 4096;

/** Whether bytes look like a file of PEM blocks, and not like DER that mentions one. */
export function looksLikePem(bytes: Uint8Array): boolean {
  if (bytes[0] === 0x30 && bytes[1]! >= 0x80) return false;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes('-----BEGIN ');
}

/**
 * The blocks of a file, in order.
 * @throws PolicyError `trust-file.pem`
 */
export function readPemBlocks(bytes: Uint8Array, name: string): PemBlock[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const blocks: PemBlock[] = [];
  let open: { readonly label: string; readonly lines: string[] } | undefined;
  for (const [index, raw] of text.split(/\r\n|\n|\r/).entries()) {
    const line = raw.trimEnd();
    const wrong = (what: string): PolicyError =>
      new PolicyError('trust-file.pem', `${name}, line ${index + 1}: ${what}`);
    const begin = BEGIN.exec(line)?.[1];
    const end = END.exec(line)?.[1];
    if (begin !== undefined) {
      if (open !== undefined) throw wrong(`a block begins inside the block ${open.label}`);
      if (blocks.length === MAX_BLOCKS) throw wrong(`more than ${MAX_BLOCKS} blocks`);
      open = { label: begin, lines: [] };
    } else if (end !== undefined) {
      if (open?.label !== end) throw wrong(`${end} ends, which did not begin`);
      const body = open.lines.join('');
      const decoded = Buffer.from(body, 'base64');
      if (decoded.toString('base64') !== body) throw wrong(`the block ${end} is not base64`);
      blocks.push({ label: end, bytes: new Uint8Array(decoded) });
      open = undefined;
    } else open?.lines.push(line.trimStart());
  }
  if (open !== undefined) throw new PolicyError('trust-file.pem', `${name}: the block ${open.label} does not end`);
  return blocks;
}
