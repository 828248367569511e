/** What every decoder of event data gets and gives; shared by the families. */

import { type EvidenceError, readOr } from '../../bytes/errors.ts';
import { hashesTo, type HashName } from '../../bytes/hash.ts';
import type { DecodedEvent, EventBody } from './event-body.ts';
import type { TcgEvent, TcgLogFormat } from './model.ts';
import type { QuirkName } from './quirks.ts';

/** What came before an event, as far as the meaning of its data depends on it. */
export interface EventContext {
  readonly format: TcgLogFormat;
  /** whether this PCR had its separator before; order within one PCR is authenticated by its replay */
  readonly afterSeparator: boolean;
  /** the event just before it in PCR 11, if its bound data is the name of a section */
  readonly sectionName: { readonly name: string; readonly index: number } | undefined;
}

/** One event and one bank, for the decoders. Offsets in errors are those of the log. */
export class DecodeInput {
  readonly event: TcgEvent;
  readonly context: EventContext;
  readonly #bank: HashName;
  readonly #compared: { readonly content: Uint8Array; readonly matches: boolean }[] = [];

  constructor(event: TcgEvent, bank: HashName, context: EventContext) {
    this.event = event;
    this.context = context;
    this.#bank = bank;
  }

  get data(): Uint8Array {
    return this.event.data;
  }

  /** Whether the event's digest in the bank is of `content`. False where the event has no digest in the bank. */
  matches(content: Uint8Array): boolean {
    const matches = digestMatches(this.event, this.#bank, content);
    this.#compared.push({ content, matches });
    return matches;
  }

  /** Whether another bank answers everything asked so far as this one did: then the event decodes to the same in both. */
  sameIn(bank: HashName): boolean {
    return this.#compared.every(({ content, matches }) => digestMatches(this.event, bank, content) === matches);
  }
}

function digestMatches({ digests }: TcgEvent, bank: HashName, content: Uint8Array): boolean {
  const digest = digests[bank];
  return digest !== undefined && hashesTo(bank, content, digest, 0);
}

/** Reads the data of one event, and says how far its digest vouches for it. */
export type EventDecoder = (input: DecodeInput) => DecodedEvent;

/** The name that errors in event data carry. */
export const PART = 'log.firmware';

/** The digest is of the data, as the specification says. */
export function bound(body: EventBody): DecodedEvent {
  return { binding: 'bound', body };
}

/** The digest is of the data by the rule of a quirk. */
export function boundWithQuirk(quirk: QuirkName, body: EventBody): DecodedEvent {
  return { binding: 'bound-with-quirk', quirk, body };
}

/** The digest is of something else. @param quirk the rule of firmware by which that is no `mismatch` */
export function hint(body: EventBody, quirk?: QuirkName): DecodedEvent {
  return quirk === undefined ? { binding: 'hint', body } : { binding: 'hint', quirk, body };
}

/** The data must be what the digest is of, and is not. The body is what it says all the same: to be shown, never used. */
export function mismatch(body: EventBody): DecodedEvent {
  return { binding: 'mismatch', body };
}

/** The outcome for a type whose digest must be of the whole data. */
export function mustMatch(input: DecodeInput, body: EventBody): DecodedEvent {
  return input.matches(input.data) ? bound(body) : mismatch(body);
}

/** The outcome for a type whose digest may be of the whole data, or of something the data describes. */
export function mayMatch(input: DecodeInput, body: EventBody): DecodedEvent {
  return input.matches(input.data) ? bound(body) : hint(body);
}

/** The body that `read` gives, or `malformed` with the reason: a hostile structure costs its event, not the log. */
export function bodyOf(input: DecodeInput, read: () => EventBody): EventBody {
  return readOr(read, (error) => malformed(input, error));
}

/** What is shown of data that breaks the structure its type has. */
export function malformed({ data }: DecodeInput, { code, message }: EvidenceError): EventBody {
  return { kind: 'malformed', code, detail: message, data };
}

/**
 * Bytes as text where they are nothing but printable ASCII, with or without one terminator; or the same in UTF-16.
 * `undefined` for anything else.
 */
export function labelText(data: Uint8Array): string | undefined {
  return asciiText(data) ?? utf16AsciiText(data);
}

/** Bytes as text where they are nothing but printable ASCII, with or without one terminator; else undefined. */
export function asciiText(data: Uint8Array): string | undefined {
  const end = data.at(-1) === 0 ? data.length - 1 : data.length;
  if (end === 0) return undefined;
  for (let i = 0; i < end; i++) {
    const c = data[i]!;
    if (c < 0x20 || c > 0x7e) return undefined;
  }
  return Buffer.from(data.buffer, data.byteOffset, end).toString('latin1');
}

function utf16AsciiText(data: Uint8Array): string | undefined {
  if (data.length < 2 || data.length % 2 !== 0) return undefined;
  const end = data.at(-1) === 0 && data.at(-2) === 0 ? data.length - 2 : data.length;
  if (end === 0) return undefined;
  for (let i = 0; i < end; i += 2) {
    const c = data[i]!;
    if (c < 0x20 || c > 0x7e || data[i + 1] !== 0) return undefined;
  }
  return Buffer.from(data.buffer, data.byteOffset, end).toString('utf16le');
}
