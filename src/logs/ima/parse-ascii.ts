/**
 * Reads `ascii_runtime_measurements` by rebuilding the template data that each line prints, so that everything after the
 * parser sees one model. Per line: PCR, template digest, template name, then the fields, one space between any two; an empty
 * field prints as nothing.
 *
 * The text is ambiguous where a path holds a line feed or (on old kernels) spaces. Nothing is guessed: the rebuilt data is
 * believed because it replays, and a wrong rebuild does not. What cannot be rebuilt is refused; the binary list has no such limits.
 */

import type { HashName } from '../../bytes/hash.ts';
import { HASHES, hashSize, hashesTo } from '../../bytes/hash.ts';
import type { Untrusted } from '../../bytes/trust.ts';
import { untrusted } from '../../bytes/trust.ts';
import { ByteArena } from './arena.ts';
import { LineError, writeField } from './ascii-fields.ts';
import { ListBuilder, MAX_LIST_BYTES, MAX_PCR, MAX_TEMPLATE_DATA } from './build.ts';
import { hashInput } from './hash-input.ts';
import type { ImaList, ImaTemplate } from './model.ts';
import { isTemplateName } from './templates.ts';

const LINE_FEED = 0x0a;
/** Template data takes at most two characters a byte, and the words before it less than the rest. */
const MAX_LINE = 2 * MAX_TEMPLATE_DATA + 1024;

/**
 * Parses an ASCII measurement list. A last line without its line feed that does not make a whole entry is the
 * anomaly `truncated`.
 * @throws EvidenceError `ima.size`, `ima.line`, `ima.pcr`, `ima.template-name`, `ima.template`, `ima.templates`, `ima.data-length`, `ima.entries`
 */
export function parseAsciiList(bytes: Uint8Array, part = 'log.ima'): Untrusted<ImaList> {
  const builder = new ListBuilder(part);
  if (bytes.length > MAX_LIST_BYTES) {
    throw builder.error('ima.size', `has ${bytes.length} bytes, more than ${MAX_LIST_BYTES}`, 0);
  }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const arena = new ByteArena(bytes.length);
  let digestHash: HashName | undefined;
  for (let start = 0; start < bytes.length;) {
    const lineFeed = bytes.indexOf(LINE_FEED, start);
    const end = lineFeed === -1 ? bytes.length : lineFeed;
    try {
      if (end - start > MAX_LINE) throw new LineError('ima.data-length', `has a line of ${end - start} bytes`);
      digestHash = readLine(builder, arena, text.toString('latin1', start, end), start, digestHash);
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
      if (lineFeed !== -1) throw builder.error(error.code, error.message, start);
      builder.truncatedAt(start, end - start);
    }
    start = end + 1;
  }
  const list = builder.list('ima-ascii', arena.bytes(), digestHash ?? 'sha1');
  return untrusted(lastLineIsCut(list, bytes) ? withCutLine(list, bytes.length) : list);
}

/** Reads one line into the arena and the columns; returns the algorithm of the template digests. */
function readLine(
  builder: ListBuilder,
  arena: ByteArena,
  line: string,
  offset: number,
  known: HashName | undefined,
): HashName {
  const [pcrText, digestText, name, rest] = splitLine(line);
  const digestHash = known ?? HASHES.find((hash) => hash.size * 2 === digestText.length)?.name;
  if (digestHash === undefined || digestText.length !== 2 * hashSize(digestHash)) {
    throw new LineError('ima.line', `has a template digest of ${digestText.length} characters`);
  }
  const pcr = Number(pcrText);
  if (pcr > MAX_PCR) throw new LineError('ima.pcr', `names PCR ${pcr}`);
  if (!isTemplateName(Buffer.from(name, 'latin1'))) {
    throw new LineError('ima.template-name', 'has an impossible template name');
  }
  const templateIndex = builder.templateIndex(name, offset);
  const start = arena.length;
  arena.hex(digestText);
  const data = arena.length;
  rebuild(arena, builder.template(templateIndex), rest);
  const length = arena.length - data;
  if (length > MAX_TEMPLATE_DATA) throw new LineError('ima.data-length', `has ${length} bytes of template data`);
  builder.add(pcr, templateIndex, offset, start, data, length);
  return digestHash;
}

/** PCR (padded to two characters), template digest, template name, and what follows the space after it. */
function splitLine(line: string): [string, string, string, string] {
  const match = /^ ?(\d{1,10}) ([0-9a-fA-F]{40,128}) ([^ ]{1,255}) (.*)$/s.exec(line);
  if (match === null) throw new LineError('ima.line', 'has a line that is not an entry');
  return [match[1]!, match[2]!, match[3]!, match[4]!];
}

/** Writes the template data that the kernel printed as `text`. */
function rebuild(arena: ByteArena, template: ImaTemplate, text: string): void {
  const { fields, unframed, name } = template;
  if (fields === undefined) throw new LineError('ima.template', `has template ${name}, known only in binary form`);
  const values = splitFields(fields, text);
  for (const [i, id] of fields.entries()) writeField(arena, id, values[i]!, unframed);
}

/**
 * One text per field. A path may hold spaces on old kernels; every other field has none, so the fields around the path are
 * taken from both ends. Only trailing empty fields may be missing, which editors cut off.
 */
function splitFields(fields: readonly string[], text: string): string[] {
  // No more words than are needed: a line may be nothing but spaces.
  const words = text.split(' ', fields.length + 1);
  while (words.length < fields.length) words.push('');
  if (words.length === fields.length) return words;
  const path = fields.findIndex((id) => id === 'n' || id === 'n-ng');
  if (path === -1) throw new LineError('ima.line', 'has more fields than its template');
  const before = words.slice(0, path);
  const start = before.reduce((length, word) => length + word.length + 1, 0);
  const after: string[] = [];
  let end = text.length;
  for (let left = fields.length - path - 1; left > 0; left--) {
    const space = text.lastIndexOf(' ', end - 1);
    after.unshift(text.slice(space + 1, end));
    end = space;
  }
  return [...before, text.slice(start, end), ...after];
}

/** Whether the last line has no line feed and its rebuilt data does not give its digest, so that it may be cut short. */
function lastLineIsCut(list: ImaList, bytes: Uint8Array): boolean {
  if (list.count === 0 || list.truncated || bytes.at(-1) === LINE_FEED) return false;
  const last = list.count - 1;
  return !hashesTo(list.digestHash, hashInput(list, last), list.bytes, list.columns.digestOffset[last]!);
}

function withCutLine(list: ImaList, end: number): ImaList {
  const index = list.count - 1;
  const offset = list.columns.sourceOffset[index]!;
  const detail = `ends inside entry ${index}, ${end - offset} bytes after its start`;
  return { ...list, truncated: true, anomalies: [...list.anomalies, { kind: 'truncated', offset, index, detail }] };
}
