/** From the JSON of a record to its fields. */

import { EvidenceError } from '../../bytes/errors.ts';
import { hashByName, type HashName } from '../../bytes/hash.ts';
import { fromHex } from '../../bytes/text.ts';
import type { PlacedJson } from './json.ts';
import type { CelAnomalyKind, CelDigest, CelRecord, SystemdContent } from './model.ts';

type Fields = ReadonlyMap<string, PlacedJson>;

/** Says what is wrong with a record, or worth a note. */
export interface RecordContext {
  readonly part: string;
  note(kind: CelAnomalyKind, detail: string): void;
}

/** TCG Canonical Event Log Format 1.0, 5: the fields of a record; systemd leaves out `recnum`. */
const FIELDS: ReadonlySet<string> = new Set(['recnum', 'pcr', 'nv_index', 'digests', 'content_type', 'content']);
const LAST_PCR = 23;
const MAX_NV_INDEX = 0xffffffff;
/** More than there are hash algorithms in TCG's registry. */
const MAX_DIGESTS = 16;

/** @throws EvidenceError `cel.field`, `cel.register`, `cel.digest` */
export function readRecord(
  json: PlacedJson,
  place: Pick<CelRecord, 'index' | 'offset' | 'length'>,
  context: RecordContext,
): CelRecord {
  const fields = object(json, 'a record', context);
  const unknown = [...fields.keys()].find((key) => !FIELDS.has(key));
  if (unknown !== undefined) context.note('key-unknown', `field ${JSON.stringify(unknown)}`);
  const pcr = integer(fields, 'pcr', LAST_PCR, context);
  const nvIndex = integer(fields, 'nv_index', MAX_NV_INDEX, context);
  if ((pcr === null) === (nvIndex === null)) {
    throw refuse('cel.register', 'a record names a PCR or an NV index, and not both', json, context);
  }
  const contentType = text(fields, 'content_type', context);
  if (contentType === null) throw refuse('cel.field', 'content_type is missing', json, context);
  if (contentType !== 'systemd') context.note('content-unknown', `content of type ${JSON.stringify(contentType)}`);
  return {
    ...place,
    pcr,
    nvIndex,
    ...readDigests(fields.get('digests'), json, context),
    contentType,
    content: contentType === 'systemd' ? readContent(fields.get('content'), json, context) : null,
  };
}

function readDigests(
  list: PlacedJson | undefined,
  record: PlacedJson,
  context: RecordContext,
): Pick<CelRecord, 'digests' | 'foreignDigests'> {
  const items = list?.value;
  if (!Array.isArray(items) || items.length === 0 || items.length > MAX_DIGESTS) {
    throw refuse('cel.digest', `digests must be a list of 1 to ${MAX_DIGESTS}`, list ?? record, context);
  }
  const digests = new Map<HashName, CelDigest>();
  const foreignDigests = new Map<string, string>();
  const seen = new Set<string>();
  for (const item of items as readonly PlacedJson[]) {
    const fields = object(item, 'a digest', context);
    const name = text(fields, 'hashAlg', context);
    const digest = fields.get('digest');
    const hex = digest?.value;
    if (fields.size !== 2 || name === null || digest === undefined || typeof hex !== 'string') {
      throw refuse('cel.digest', 'a digest has hashAlg and digest, and nothing else', item, context);
    }
    // One spelling per value: systemd writes lower case.
    if (!/^(?:[0-9a-f]{2})+$/.test(hex)) {
      throw refuse('cel.digest', 'a digest must be lower-case hexadecimal', digest, context);
    }
    if (seen.has(name)) throw refuse('cel.digest', `two digests of ${JSON.stringify(name)}`, digest, context);
    seen.add(name);
    const hash = hashByName(name);
    if (hash === undefined) {
      context.note('algorithm-unknown', `digests of ${JSON.stringify(name)}`);
      foreignDigests.set(name, hex);
      continue;
    }
    const value = fromHex(hex);
    if (value.length !== hash.size) throw refuse('cel.digest', `not a ${name} digest`, digest, context);
    digests.set(hash.name, { value, offset: digest.start, length: digest.end - digest.start });
  }
  return { digests, foreignDigests };
}

/** Fields that are not known are the writer's word about its own word. */
function readContent(content: PlacedJson | undefined, record: PlacedJson, context: RecordContext): SystemdContent {
  if (content === undefined) throw refuse('cel.field', 'content is missing', record, context);
  const fields = object(content, 'content', context);
  const measured = fields.get('string');
  const value = text(fields, 'string', context);
  return {
    eventType: text(fields, 'eventType', context),
    text: value === null ? null : { value, offset: measured!.start, length: measured!.end - measured!.start },
    bootId: text(fields, 'bootId', context),
    timestamp: integer(fields, 'timestamp', Number.MAX_SAFE_INTEGER, context),
    nvIndexName: text(fields, 'nvIndexName', context),
  };
}

function object(json: PlacedJson, what: string, context: RecordContext): Fields {
  if (!(json.value instanceof Map)) throw refuse('cel.field', `${what} must be an object`, json, context);
  return json.value as Fields;
}

function text(fields: Fields, key: string, context: RecordContext): string | null {
  const field = fields.get(key);
  if (field === undefined) return null;
  if (typeof field.value !== 'string') throw refuse('cel.field', `${key} must be a string`, field, context);
  return field.value;
}

function integer(fields: Fields, key: string, most: number, context: RecordContext): number | null {
  const field = fields.get(key);
  if (field === undefined) return null;
  const { value } = field;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > most) {
    throw refuse('cel.field', `${key} must be a whole number from 0 to ${most}`, field, context);
  }
  return value;
}

function refuse(code: string, message: string, { start }: PlacedJson, { part }: RecordContext): EvidenceError {
  return new EvidenceError(code, `${message} (${part}, offset ${start})`, { part, offset: start });
}
