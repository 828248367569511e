/**
 * The evidence bundle, schema `assay.evidence/1`: what one host sent for one challenge. It never carries what it is judged
 * against. Read by hand-written code, so that a program on the host can make and read bundles without a schema library.
 */

import { EvidenceError } from '../bytes/errors.ts';
import { contentId, hashByName, hashSize, type HashName } from '../bytes/hash.ts';
import { parseJson, type Json } from '../bytes/json.ts';
import { fromBase64url, fromHex, toBase64url, toHex } from '../bytes/text.ts';
import { claimsFromJson, type Claims } from './claims.ts';

/** PCR values by bank and index, as the host states them beside a quote. */
export type ClaimedPcrs = ReadonlyMap<HashName, ReadonlyMap<number, Uint8Array>>;

/** One quote: `TPMS_ATTEST` and `TPMT_SIGNATURE` as the TPM returned them, and the PCR values its digest is over. */
interface QuoteEvidence {
  readonly attest: Uint8Array;
  readonly signature: Uint8Array;
  readonly pcrs: ClaimedPcrs;
}

/**
 * A log by content id. Without `bytes` the host only named a log it sent before, or what has come after one (`tail`); such a log
 * counts as absent until somebody who kept the earlier bytes completes it (`completeLogs`).
 */
export interface LogEvidence {
  /** `sha256:<hex>` of the bytes; with a `tail`, of the bytes before it */
  readonly id: string;
  readonly bytes?: Uint8Array;
  readonly tail?: Uint8Array;
}

/** A bundle, read. Nothing of it is believed yet. */
export interface EvidenceBundle {
  /** The AK's `TPM2B_PUBLIC` as the host claims it. */
  readonly ak?: Uint8Array;
  readonly quotes: readonly QuoteEvidence[];
  /** `binary_bios_measurements`. */
  readonly firmwareLog?: LogEvidence;
  /** `binary_runtime_measurements` or its ASCII form. */
  readonly imaLog?: LogEvidence;
  /** systemd's log of what the running system extended (`/run/log/systemd/tpm2-measure.log`). */
  readonly systemdLog?: LogEvidence;
  /** What the program on the host says in this answer; the quote binds it when the challenge asks for that. */
  readonly claims?: Claims;
  /** The host's word about itself: shown, never judged. */
  readonly hints: ReadonlyMap<string, string>;
}

/** One quote a bank and key is what hosts send; the bound keeps the signature checks of one bundle few. */
const MAX_QUOTES = 8;
/** A 64 MiB bundle holds a 48 MiB list of some 400,000 entries. Longer lists come in parts: a request takes no more memory. */
export const MAX_BUNDLE_BYTES = 64 * 1024 * 1024;
/** Eight quotes of four banks with 24 PCRs are 800 values; a request has a few beside them. */
export const MAX_BUNDLE_VALUES = 10_000;
/**
 * A runtime list that does not fit into a bundle comes before it in parts, and is then named by its id. So many bytes a part has at
 * most, and so many parts a list.
 */
export const MAX_PART_BYTES = 8 * 1024 * 1024;
export const MAX_PARTS = 12;
/** The longest runtime list: some 800,000 entries. Longer ones are refused: an appraisal takes no more memory. */
export const MAX_RUNTIME_LIST_BYTES = MAX_PARTS * MAX_PART_BYTES;
const MAX_HINTS = 32;
const MAX_HINT_LENGTH = 1024;

type JsonObject = { readonly [key: string]: Json };

function fail(message: string): never {
  throw new EvidenceError('bundle.invalid', `evidence bundle: ${message}`, { part: 'bundle' });
}

function record(value: Json | undefined, path: string, keys: readonly string[]): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(`${path} must be an object`);
  for (const key of Object.keys(value))
    if (!keys.includes(key)) fail(`${path} has the unknown key ${JSON.stringify(key)}`);
  return value as JsonObject;
}

function text(value: Json | undefined, path: string): string {
  return typeof value === 'string' ? value : fail(`${path} must be a string`);
}

function decode(value: Json | undefined, path: string, from: (text: string) => Uint8Array): Uint8Array {
  try {
    return from(text(value, path));
  } catch (cause) {
    return fail(`${path}: ${(cause as Error).message}`);
  }
}

function pcrValues(value: Json | undefined, path: string): ClaimedPcrs {
  const banks = new Map<HashName, ReadonlyMap<number, Uint8Array>>();
  const names = ['sha1', 'sha256', 'sha384', 'sha512'];
  for (const [bank, values] of Object.entries(record(value, path, names))) {
    const hash = hashByName(bank)!.name;
    const pcrs = new Map<number, Uint8Array>();
    const indexes = Array.from({ length: 24 }, (_, pcr) => String(pcr));
    for (const [pcr, hex] of Object.entries(record(values, `${path}.${bank}`, indexes))) {
      const bytes = decode(hex, `${path}.${bank}.${pcr}`, fromHex);
      if (bytes.length !== hashSize(hash)) fail(`${path}.${bank}.${pcr} is not a ${bank} digest`);
      pcrs.set(Number(pcr), bytes);
    }
    banks.set(hash, pcrs);
  }
  return banks;
}

function quote(value: Json | undefined, path: string): QuoteEvidence {
  const fields = record(value, path, ['attest', 'signature', 'pcrs']);
  return {
    attest: decode(fields['attest'], `${path}.attest`, fromBase64url),
    signature: decode(fields['signature'], `${path}.signature`, fromBase64url),
    pcrs: pcrValues(fields['pcrs'], `${path}.pcrs`),
  };
}

function log(value: Json | undefined, path: string): LogEvidence {
  if (typeof value === 'string') {
    const bytes = decode(value, path, fromBase64url);
    return { id: contentId(bytes), bytes };
  }
  const fields = record(value, path, ['id', 'tail']);
  const id = text(fields['id'], `${path}.id`);
  if (!/^sha256:[0-9a-f]{64}$/.test(id)) fail(`${path}.id must be sha256:<hex>`);
  const { tail } = fields;
  return { id, ...(tail !== undefined && { tail: decode(tail, `${path}.tail`, fromBase64url) }) };
}

function hints(value: Json): ReadonlyMap<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail('hints must be an object');
  const entries = Object.entries(value as JsonObject);
  if (entries.length > MAX_HINTS) fail(`more than ${MAX_HINTS} hints`);
  return new Map(
    entries.map(([key, hint]) => {
      const word = text(hint, 'a hint');
      if (key.length > MAX_HINT_LENGTH || word.length > MAX_HINT_LENGTH)
        fail(`a hint is longer than ${MAX_HINT_LENGTH}`);
      // Hints have a content id, and text with half a character has no canonical form to make it of.
      if (/\p{Surrogate}/u.test(key + ' ' + word)) fail('a hint is not well-formed Unicode');
      return [key, word] as const;
    }),
  );
}

/**
 * Reads a bundle from its JSON text.
 * @throws EvidenceError `bundle.too-large`, `bundle.invalid`, `json.*`
 */
export function parseBundle(json: string): EvidenceBundle {
  if (json.length > MAX_BUNDLE_BYTES) {
    throw new EvidenceError('bundle.too-large', `evidence bundle: larger than ${MAX_BUNDLE_BYTES} bytes`, {
      part: 'bundle',
    });
  }
  return bundleFromJson(parseJson(json, MAX_BUNDLE_VALUES));
}

/**
 * Reads a bundle from parsed JSON (of `parseJson`, which refuses hostile nesting and keys).
 * @throws EvidenceError `bundle.invalid`
 */
export function bundleFromJson(value: Json): EvidenceBundle {
  const top = record(value, 'bundle', ['schema', 'ak', 'quotes', 'logs', 'claims', 'hints']);
  if (top['schema'] !== 'assay.evidence/1') fail('schema must be "assay.evidence/1"');
  const quotes = top['quotes'];
  if (!Array.isArray(quotes)) fail('quotes must be an array');
  if (quotes.length > MAX_QUOTES) fail(`more than ${MAX_QUOTES} quotes`);
  const logs = record(top['logs'] ?? {}, 'logs', ['firmware', 'ima', 'systemd']);
  return {
    ...(top['ak'] !== undefined && { ak: decode(top['ak'], 'ak', fromBase64url) }),
    quotes: quotes.map((q, i) => quote(q as Json, `quotes[${i}]`)),
    ...(logs['firmware'] !== undefined && { firmwareLog: log(logs['firmware'], 'logs.firmware') }),
    ...(logs['ima'] !== undefined && { imaLog: log(logs['ima'], 'logs.ima') }),
    ...(logs['systemd'] !== undefined && { systemdLog: log(logs['systemd'], 'logs.systemd') }),
    ...(top['claims'] !== undefined && { claims: claimsFromJson(top['claims']) }),
    hints: hints(top['hints'] ?? {}),
  };
}

/** The JSON form of a bundle; the inverse of `bundleFromJson`. */
export function bundleToJson(bundle: EvidenceBundle): Json {
  const logJson = ({ id, bytes, tail }: LogEvidence): Json => {
    if (bytes !== undefined) return toBase64url(bytes);
    return tail === undefined ? { id } : { id, tail: toBase64url(tail) };
  };
  const banks = (pcrs: ClaimedPcrs): Json =>
    Object.fromEntries(
      [...pcrs].map(([bank, values]) => [
        bank,
        Object.fromEntries([...values].map(([pcr, v]) => [String(pcr), toHex(v)])),
      ]),
    );
  return {
    schema: 'assay.evidence/1',
    ...(bundle.ak !== undefined && { ak: toBase64url(bundle.ak) }),
    quotes: bundle.quotes.map((q) => ({
      attest: toBase64url(q.attest),
      signature: toBase64url(q.signature),
      pcrs: banks(q.pcrs),
    })),
    logs: {
      ...(bundle.firmwareLog !== undefined && { firmware: logJson(bundle.firmwareLog) }),
      ...(bundle.imaLog !== undefined && { ima: logJson(bundle.imaLog) }),
      ...(bundle.systemdLog !== undefined && { systemd: logJson(bundle.systemdLog) }),
    },
    ...(bundle.claims !== undefined && { claims: { ...bundle.claims } }),
    hints: Object.fromEntries(bundle.hints),
  };
}
