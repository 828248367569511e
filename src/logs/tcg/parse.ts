/** The firmware log from its bytes: framing in both formats, and every departure from it by name. */

import { EvidenceError } from '../../bytes/errors.ts';
import { hashById, hashSize, type HashName } from '../../bytes/hash.ts';
import { ByteReader } from '../../bytes/reader.ts';
import { untrusted, type Untrusted } from '../../bytes/trust.ts';
import { EV_NO_ACTION, eventTypeName } from './event-types.ts';
import type {
  ForeignDigest,
  SpecId,
  SpecIdAlgorithm,
  TcgAnomaly,
  TcgAnomalyKind,
  TcgDigests,
  TcgEvent,
  TcgLog,
  TcgRegisters,
} from './model.ts';
import { isAgileSpecId, isSpecId, MAX_ALGORITHMS, noActionSignature, notALog, parseSpecId } from './spec-id.ts';
import { readStartup } from './startup.ts';

/** A firmware reserves 64 KiB to 1 MiB for its log, padding included; sixteen times that is nobody's log. */
export const MAX_LOG_SIZE = 16 * 1024 * 1024;
/** Real logs have 25 to 220 events, a generous GRUB configuration about 500. */
export const MAX_EVENTS = 65_536;
/** PCR 0–23 (PC Client Platform TPM Profile 1.05, 4.6) */
const PCR_COUNT = 24;
/** MRTD and RTMR 0–3 (Intel TDX; UEFI 2.10, 38.4.1) */
const CCEL_MR_COUNT = 5;
/** What Windows states for an EV_NO_ACTION that belongs to no PCR. */
const NO_PCR = 0xffffffff;

interface TcgParseOptions {
  /** name of the part in errors */
  readonly part?: string;
  /** what the indexes name; without it, told by the content: see `looksLikeCcel` */
  readonly registers?: TcgRegisters;
}

/**
 * Parses a whole firmware log. A tail that is no whole event is the anomaly `truncated`, a tail of only 00 or only FF bytes the
 * anomaly `padding`; bytes that contradict the format in any other way are refused.
 * @throws EvidenceError `tcg.empty`, `tcg.not-a-log`, `tcg.too-large`, `tcg.too-many-events`, `tcg.spec-id`,
 *   `tcg.spec-id-algorithms`, `tcg.spec-id-digest-size`, `tcg.digest-count`, `tcg.digest-algorithm`, `tcg.digest-repeated`
 */
export function parseTcgLog(bytes: Uint8Array, options: TcgParseOptions = {}): Untrusted<TcgLog> {
  return untrusted(new LogParser(bytes, options.part ?? 'log.firmware').parse(options.registers));
}

class LogParser {
  readonly #bytes: Uint8Array;
  readonly #part: string;
  readonly #reader: ByteReader;
  readonly #padding: number;
  readonly #events: TcgEvent[] = [];
  readonly #anomalies: TcgAnomaly[] = [];
  #algorithms: readonly (SpecIdAlgorithm & { readonly name: HashName | undefined })[] = [];

  constructor(bytes: Uint8Array, part: string) {
    this.#bytes = bytes;
    this.#part = part;
    this.#reader = new ByteReader(bytes, part);
    this.#padding = paddingStart(bytes);
  }

  parse(registers: TcgRegisters | undefined): TcgLog {
    const { length } = this.#bytes;
    if (length > MAX_LOG_SIZE) {
      throw new EvidenceError('tcg.too-large', `a log of ${length} bytes (${this.#part})`, { part: this.#part });
    }
    if (this.#padding === 0) {
      throw new EvidenceError('tcg.empty', `no event in ${length} bytes (${this.#part})`, {
        part: this.#part,
        offset: 0,
      });
    }
    const specId = this.#readFirst();
    const agile = isAgileSpecId(specId?.signature);
    while (this.#reader.remaining > 0) {
      if (this.#reader.offset >= this.#padding) {
        this.#report('padding', this.#reader.offset, `${this.#reader.remaining} bytes of padding`);
        break;
      }
      if (this.#events.length === MAX_EVENTS) {
        throw this.#reader.error('tcg.too-many-events', `more than ${MAX_EVENTS} events`);
      }
      if (!this.#readNext(agile)) break;
    }
    const banks = agile ? this.#algorithms.flatMap((a) => a.name ?? []) : (['sha1'] as const);
    const kind = registers ?? (agile && looksLikeCcel(this.#events, banks) ? 'ccel-mr' : 'pcr');
    this.#checkIndexes(kind);
    const startup = readStartup(kind === 'pcr' ? this.#events : [], this.#anomalies);
    return {
      bytes: this.#bytes,
      format: agile ? 'tcg-2.0' : 'tcg-1.2',
      registers: kind,
      banks,
      specId,
      startup,
      events: this.#events,
      anomalies: this.#anomalies.toSorted((a, b) => a.offset - b.offset),
    };
  }

  /** The first event is a TCG_PCClientPCREvent in both formats. */
  #readFirst(): SpecId | undefined {
    try {
      this.#readLegacyEvent();
    } catch (error) {
      if (isTruncation(error)) throw notALog('too short for one event', this.#part);
      throw error;
    }
    const first = this.#events[0]!;
    const signature = first.type === EV_NO_ACTION ? noActionSignature(first.data) : undefined;
    if (first.pcr >= PCR_COUNT && first.pcr !== NO_PCR)
      throw notALog(`the first event is for PCR ${first.pcr}`, this.#part);
    if (!isSpecId(signature)) {
      this.#report('spec-id-missing', 0, 'the log does not begin with a Spec ID event', 0);
      return undefined;
    }
    const { specId, exact } = this.#parseSpecId(first);
    if (!exact) this.#report('spec-id-vendor-info', first.dataOffset, 'vendorInfoSize does not match the event', 0);
    if (first.pcr !== 0) this.#report('spec-id-pcr', first.offset, `Spec ID event for PCR ${first.pcr}`, 0);
    if (!allZero(first.digests.sha1!)) this.#report('spec-id-digest', first.offset, 'Spec ID event with a digest', 0);
    this.#algorithms = specId.algorithms.map((a) => ({ ...a, name: hashById(a.algorithmId)?.name }));
    for (const { algorithmId, name } of this.#algorithms) {
      if (name === undefined) {
        this.#report(
          'algorithm-unknown',
          first.dataOffset,
          `algorithm 0x${algorithmId.toString(16)} is not replayed`,
          0,
        );
      }
    }
    return specId;
  }

  #parseSpecId(first: TcgEvent): ReturnType<typeof parseSpecId> {
    try {
      return parseSpecId(first.data, this.#part, first.dataOffset);
    } catch (error) {
      if (!isTruncation(error)) throw error;
      throw new EvidenceError('tcg.spec-id', (error as EvidenceError).message, {
        part: this.#part,
        offset: first.dataOffset,
      });
    }
  }

  /** @returns false at a tail that is no whole event */
  #readNext(agile: boolean): boolean {
    const start = this.#reader.offset;
    try {
      if (agile) this.#readAgileEvent();
      else this.#readLegacyEvent();
    } catch (error) {
      if (!isTruncation(error)) throw error;
      this.#report('truncated', start, `${this.#bytes.length - start} bytes at the end are no whole event`);
      return false;
    }
    this.#checkEvent(this.#events.at(-1)!);
    return true;
  }

  /** TCG_PCClientPCREvent: pcrIndex, eventType, SHA-1 digest, size, data */
  #readLegacyEvent(): void {
    const r = this.#reader;
    const offset = r.offset;
    const pcr = r.u32();
    const type = r.u32();
    const sha1 = r.take(hashSize('sha1'));
    const digests = { sha1, sha256: undefined, sha384: undefined, sha512: undefined };
    this.#push(offset, pcr, type, digests, []);
  }

  /** TCG_PCR_EVENT2: pcrIndex, eventType, TPML_DIGEST_VALUES, size, data */
  #readAgileEvent(): void {
    const r = this.#reader;
    const offset = r.offset;
    const pcr = r.u32();
    const type = r.u32();
    const count = r.u32();
    if (count === 0 || count > MAX_ALGORITHMS || count > this.#algorithms.length) {
      throw r.error('tcg.digest-count', `an event with ${count} digests in a log of ${this.#algorithms.length} banks`);
    }
    const digests: { -readonly [K in keyof TcgDigests]: TcgDigests[K] } = {
      sha1: undefined,
      sha256: undefined,
      sha384: undefined,
      sha512: undefined,
    };
    let foreign: ForeignDigest[] | undefined;
    let seen = 0;
    let inOrder = true;
    for (let i = 0; i < count; i++) {
      const algorithmId = r.u16();
      const position = this.#algorithms.findIndex((a) => a.algorithmId === algorithmId);
      const algorithm = this.#algorithms[position];
      if (algorithm === undefined) {
        throw r.error('tcg.digest-algorithm', `algorithm 0x${algorithmId.toString(16)} is not in the Spec ID event`);
      }
      if ((seen & (1 << position)) !== 0) {
        throw r.error('tcg.digest-repeated', `two digests of algorithm 0x${algorithmId.toString(16)} in one event`);
      }
      // A digest is out of order if one listed after it in the Spec ID came before it.
      inOrder &&= seen >> position === 0;
      seen |= 1 << position;
      const digest = r.take(algorithm.digestSize);
      if (algorithm.name === undefined) (foreign ??= []).push({ algorithmId, digest });
      else digests[algorithm.name] = digest;
    }
    const event = this.#push(offset, pcr, type, digests, foreign ?? []);
    if (!inOrder) this.#report('digest-order', offset, 'digests in another order than the Spec ID event', event.index);
    if (count < this.#algorithms.length) {
      this.#report('digest-missing', offset, `${count} digests of ${this.#algorithms.length}`, event.index);
    }
  }

  #push(
    offset: number,
    pcr: number,
    type: number,
    digests: TcgDigests,
    foreignDigests: readonly ForeignDigest[],
  ): TcgEvent {
    const r = this.#reader;
    const size = r.u32();
    const dataOffset = r.offset;
    const data = r.take(size);
    const index = this.#events.length;
    const length = r.offset - offset;
    const event = { index, offset, length, pcr, type, digests, foreignDigests, data, dataOffset };
    this.#events.push(event);
    return event;
  }

  #checkEvent(event: TcgEvent): void {
    const { offset, index, type, pcr, digests } = event;
    if (type === EV_NO_ACTION) {
      if (isSpecId(noActionSignature(event.data))) {
        this.#report('spec-id-repeated', offset, 'a second Spec ID event', index);
      }
      if (pcr >= PCR_COUNT && pcr !== NO_PCR)
        this.#report('no-action-pcr', offset, `EV_NO_ACTION for PCR ${pcr}`, index);
      if (Object.values(digests).some((d: Uint8Array | undefined) => d !== undefined && !allZero(d))) {
        this.#report('no-action-digest', offset, 'EV_NO_ACTION with a digest, which is not extended', index);
      }
    } else if (eventTypeName(type) === undefined) {
      this.#report('type-unknown', offset, `event type 0x${type.toString(16)}`, index);
    }
  }

  #checkIndexes(registers: TcgRegisters): void {
    const count = registers === 'pcr' ? PCR_COUNT : CCEL_MR_COUNT;
    for (const { pcr, type, offset, index } of this.#events) {
      if (type !== EV_NO_ACTION && pcr >= count) this.#report('pcr-out-of-range', offset, `index ${pcr}`, index);
    }
  }

  #report(kind: TcgAnomalyKind, offset: number, detail: string, index?: number): void {
    this.#anomalies.push(index === undefined ? { kind, offset, detail } : { kind, offset, index, detail });
  }
}

/**
 * A CC event log differs from a crypto-agile log by its indexes alone. One SHA-384 bank and no measurement into index 0 is
 * a confidential guest's: MRTD is measured before any firmware runs, whereas a firmware with a TPM always measures into
 * PCR 0. A TPM's log edited to look so is not replayed as PCRs, so this errs on the refusing side.
 */
function looksLikeCcel(events: readonly TcgEvent[], banks: readonly HashName[]): boolean {
  const measured = events.filter((event) => event.type !== EV_NO_ACTION);
  return (
    banks.length === 1 &&
    banks[0] === 'sha384' &&
    measured.length > 0 &&
    measured.every((event) => event.pcr > 0 && event.pcr < CCEL_MR_COUNT)
  );
}

/** Where the run of equal bytes 00 or FF that ends the log begins; its length if there is none. */
function paddingStart(bytes: Uint8Array): number {
  const pad = bytes.at(-1);
  let at = bytes.length;
  if (pad === 0x00 || pad === 0xff) while (at > 0 && bytes[at - 1] === pad) at--;
  return at;
}

function allZero(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}

function isTruncation(error: unknown): boolean {
  return error instanceof EvidenceError && error.code === 'bytes.truncated';
}
