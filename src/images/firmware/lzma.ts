/**
 * Decoder of LZMA streams with the `.lzma` header, as edk2 compresses firmware volumes (LZMA SDK, "LZMA specification"). The
 * output's size is in the header and bounded, so every input ends.
 */

import { EvidenceError } from '../../bytes/errors.ts';

/** Flash parts of PCs hold 64 MiB at most; what they unpack to is some tens of megabytes. */
const MAX_OUTPUT = 128 << 20;

const HEADER_SIZE = 13;
const PROBABILITY_BITS = 11;
const PROBABILITY_INIT = 1 << (PROBABILITY_BITS - 1);
const MOVE_BITS = 5;
const TOP = 2 ** 24;
const STATES = 12;
const MAX_POSITION_STATES = 16;
const LENGTH_TO_POSITION_STATES = 4;
const END_POSITION_MODEL = 14;
const FULL_DISTANCES = 1 << (END_POSITION_MODEL >> 1);
const ALIGN_BITS = 4;
const MATCH_MIN = 2;

/**
 * The unpacked bytes of `input`, which starts with the 13-byte header; bytes after the stream are left alone.
 * @throws EvidenceError `lzma.header`, `lzma.truncated`, `lzma.data`, `lzma.too-large`
 */
export function decodeLzma(input: Uint8Array, part: string): Uint8Array {
  if (input.length < HEADER_SIZE) throw fail(part, 'lzma.truncated', 'shorter than its header');
  const view = new DataView(input.buffer, input.byteOffset, HEADER_SIZE);
  const properties = view.getUint8(0);
  const size = view.getBigUint64(5, true);
  if (properties >= 9 * 5 * 5) throw fail(part, 'lzma.header', 'impossible properties');
  if (size > BigInt(MAX_OUTPUT))
    throw fail(part, 'lzma.too-large', `unpacks to ${size} bytes, at most ${MAX_OUTPUT} are unpacked`);
  const lc = properties % 9;
  const lp = Math.floor(properties / 9) % 5;
  const pb = Math.floor(properties / 45);
  return new Decoder(input.subarray(HEADER_SIZE), new Uint8Array(Number(size)), part, lc, lp, pb).run();
}

function probabilities(count: number): Uint16Array {
  return new Uint16Array(count).fill(PROBABILITY_INIT);
}

interface LengthModel {
  readonly choice: Uint16Array;
  readonly low: Uint16Array[];
  readonly mid: Uint16Array[];
  readonly high: Uint16Array;
}

function lengthModel(): LengthModel {
  const trees = (): Uint16Array[] => Array.from({ length: MAX_POSITION_STATES }, () => probabilities(8));
  return { choice: probabilities(2), low: trees(), mid: trees(), high: probabilities(256) };
}

class Decoder {
  readonly #input: Uint8Array;
  readonly #out: Uint8Array;
  readonly #part: string;
  readonly #lc: number;
  readonly #literalPositionMask: number;
  readonly #positionMask: number;
  #at = 0;
  #range = 0xffffffff;
  #code = 0;

  readonly #literal: Uint16Array;
  readonly #isMatch = probabilities(STATES * MAX_POSITION_STATES);
  readonly #isRep = probabilities(STATES);
  readonly #isRepG0 = probabilities(STATES);
  readonly #isRepG1 = probabilities(STATES);
  readonly #isRepG2 = probabilities(STATES);
  readonly #isRep0Long = probabilities(STATES * MAX_POSITION_STATES);
  readonly #positionSlot = Array.from({ length: LENGTH_TO_POSITION_STATES }, () => probabilities(64));
  readonly #position = probabilities(FULL_DISTANCES + 1);
  readonly #align = probabilities(1 << ALIGN_BITS);
  readonly #matchLength = lengthModel();
  readonly #repeatLength = lengthModel();

  constructor(input: Uint8Array, out: Uint8Array, part: string, lc: number, lp: number, pb: number) {
    this.#input = input;
    this.#out = out;
    this.#part = part;
    this.#lc = lc;
    this.#literalPositionMask = (1 << lp) - 1;
    this.#positionMask = (1 << pb) - 1;
    this.#literal = probabilities(0x300 << (lc + lp));
  }

  run(): Uint8Array {
    if (this.#byte() !== 0) throw fail(this.#part, 'lzma.data', 'the stream does not start with zero');
    for (let i = 0; i < 4; i++) this.#code = ((this.#code << 8) | this.#byte()) >>> 0;
    const out = this.#out;
    let state = 0;
    let rep0 = 0;
    let rep1 = 0;
    let rep2 = 0;
    let rep3 = 0;
    let at = 0;
    while (at < out.length) {
      const positionState = at & this.#positionMask;
      if (this.#bit(this.#isMatch, state * MAX_POSITION_STATES + positionState) === 0) {
        out[at] = this.#literalByte(at, state, rep0);
        at++;
        state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
        continue;
      }
      let length: number;
      if (this.#bit(this.#isRep, state) === 0) {
        [rep3, rep2, rep1] = [rep2, rep1, rep0];
        length = this.#length(this.#matchLength, positionState);
        state = state < 7 ? 7 : 10;
        rep0 = this.#distance(length);
        if (rep0 === 0xffffffff) throw fail(this.#part, 'lzma.data', 'the stream ends before its stated size');
      } else {
        if (at === 0) throw fail(this.#part, 'lzma.data', 'a repetition of nothing');
        if (this.#bit(this.#isRepG0, state) === 0) {
          if (this.#bit(this.#isRep0Long, state * MAX_POSITION_STATES + positionState) === 0) {
            state = state < 7 ? 9 : 11;
            out[at] = this.#back(at, rep0);
            at++;
            continue;
          }
        } else if (this.#bit(this.#isRepG1, state) === 0) [rep0, rep1] = [rep1, rep0];
        else if (this.#bit(this.#isRepG2, state) === 0) [rep0, rep1, rep2] = [rep2, rep0, rep1];
        else [rep0, rep1, rep2, rep3] = [rep3, rep0, rep1, rep2];
        length = this.#length(this.#repeatLength, positionState);
        state = state < 7 ? 8 : 11;
      }
      length += MATCH_MIN;
      if (length > out.length - at) throw fail(this.#part, 'lzma.data', 'a match beyond the stated size');
      for (; length > 0; length--, at++) out[at] = this.#back(at, rep0);
    }
    return out;
  }

  #back(at: number, distance: number): number {
    if (distance >= at) throw fail(this.#part, 'lzma.data', 'a distance beyond the start');
    return this.#out[at - distance - 1] ?? 0;
  }

  #literalByte(at: number, state: number, rep0: number): number {
    const previous = at === 0 ? 0 : (this.#out[at - 1] ?? 0);
    const base = 0x300 * (((at & this.#literalPositionMask) << this.#lc) + (previous >> (8 - this.#lc)));
    let symbol = 1;
    if (state >= 7) {
      let matched = this.#back(at, rep0);
      do {
        const matchBit = (matched >> 7) & 1;
        matched <<= 1;
        const bit = this.#bit(this.#literal, base + ((1 + matchBit) << 8) + symbol);
        symbol = (symbol << 1) | bit;
        if (matchBit !== bit) break;
      } while (symbol < 0x100);
    }
    while (symbol < 0x100) symbol = (symbol << 1) | this.#bit(this.#literal, base + symbol);
    return symbol & 0xff;
  }

  #length(model: LengthModel, positionState: number): number {
    if (this.#bit(model.choice, 0) === 0) return this.#tree(model.low[positionState]!, 3);
    if (this.#bit(model.choice, 1) === 0) return 8 + this.#tree(model.mid[positionState]!, 3);
    return 16 + this.#tree(model.high, 8);
  }

  #distance(length: number): number {
    const slot = this.#tree(this.#positionSlot[Math.min(length, LENGTH_TO_POSITION_STATES - 1)]!, 6);
    if (slot < 4) return slot;
    const directBits = (slot >> 1) - 1;
    const base = ((2 | (slot & 1)) << directBits) >>> 0;
    if (slot < END_POSITION_MODEL) return base + this.#reverseTree(this.#position, base - slot, directBits);
    return (
      base + this.#direct(directBits - ALIGN_BITS) * (1 << ALIGN_BITS) + this.#reverseTree(this.#align, 0, ALIGN_BITS)
    );
  }

  #tree(model: Uint16Array, bits: number): number {
    let symbol = 1;
    for (let i = 0; i < bits; i++) symbol = (symbol << 1) | this.#bit(model, symbol);
    return symbol - (1 << bits);
  }

  #reverseTree(model: Uint16Array, offset: number, bits: number): number {
    let symbol = 1;
    let value = 0;
    for (let i = 0; i < bits; i++) {
      const bit = this.#bit(model, offset + symbol);
      symbol = (symbol << 1) | bit;
      value |= bit << i;
    }
    return value;
  }

  #direct(bits: number): number {
    let value = 0;
    for (let i = 0; i < bits; i++) {
      this.#range >>>= 1;
      const bit = this.#code >= this.#range ? 1 : 0;
      if (bit === 1) this.#code -= this.#range;
      value = value * 2 + bit;
      this.#normalize();
    }
    return value;
  }

  #bit(model: Uint16Array, index: number): 0 | 1 {
    const probability = model[index]!;
    const bound = (this.#range >>> PROBABILITY_BITS) * probability;
    let bit: 0 | 1 = 0;
    if (this.#code < bound) {
      this.#range = bound;
      model[index] = probability + (((1 << PROBABILITY_BITS) - probability) >> MOVE_BITS);
    } else {
      this.#range -= bound;
      this.#code -= bound;
      model[index] = probability - (probability >> MOVE_BITS);
      bit = 1;
    }
    this.#normalize();
    return bit;
  }

  #normalize(): void {
    if (this.#range >= TOP) return;
    this.#range = (this.#range << 8) >>> 0;
    this.#code = ((this.#code << 8) | this.#byte()) >>> 0;
  }

  #byte(): number {
    const value = this.#input[this.#at++];
    if (value === undefined) throw fail(this.#part, 'lzma.truncated', 'the stream is cut short');
    return value;
  }
}

function fail(part: string, code: string, message: string): EvidenceError {
  return new EvidenceError(code, `LZMA: ${message} (${part})`, { part });
}
