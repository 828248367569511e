/** From the text of one field in the ASCII list back to its bytes (the inverse of ima_show_template_field_data). */

import type { ByteArena } from './arena.ts';
import { fieldFormat } from './templates.ts';

/** A line that is no entry; the parser adds where. */
export class LineError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Appends one field: its length and bytes; in the template `ima` (`unframed`) 20 bytes of digest, then the name with its
 * length and without a terminator, as the binary list has it.
 * @throws LineError
 */
export function writeField(arena: ByteArena, id: string, text: string, unframed: boolean): void {
  const format = fieldFormat(id);
  if (format === undefined) throw new LineError('ima.template', `has the field ${id}, known only in binary form`);
  const lengthAt = arena.length;
  if (!unframed || format === 'string') arena.u32(0);
  const start = arena.length;
  if (format === 'string') {
    if (text.includes('\0')) throw new LineError('ima.line', 'has a byte zero in a name');
    arena.latin1(text);
    if (!unframed) arena.zero();
  } else if (text !== '') writeValue(arena, format, text);
  const length = arena.length - start;
  if (unframed && format === 'digest' && length !== 20)
    throw new LineError('ima.line', 'has a digest that is not SHA-1');
  if (unframed && format === 'string' && length > 255)
    throw new LineError('ima.data-length', 'has a name over 255 bytes');
  if (start !== lengthAt) arena.setU32(lengthAt, length);
}

function writeValue(arena: ByteArena, format: string, text: string): void {
  switch (format) {
    case 'digest-with-algorithm': {
      const colon = text.lastIndexOf(':');
      if (colon < 1) throw new LineError('ima.line', 'has a digest without its algorithm');
      arena.latin1(text.slice(0, colon + 1));
      arena.zero();
      writeHex(arena, text.slice(colon + 1));
      return;
    }
    case 'u16':
      arena.u16(decimal(text, 0xffff));
      return;
    case 'u32':
      arena.u32(decimal(text, 0xffffffff));
      return;
    default:
      writeHex(arena, text);
  }
}

function writeHex(arena: ByteArena, text: string): void {
  if (arena.hex(text) * 2 !== text.length) {
    throw new LineError('ima.line', 'has a field that is not hexadecimal');
  }
}

function decimal(text: string, max: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= max)) throw new LineError('ima.line', 'has a number that is none');
  return value;
}
