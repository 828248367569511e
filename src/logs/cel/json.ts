/**
 * JSON of a record, with the place of each value. Stricter than `JSON.parse`: a key stands once, and nesting is bounded by what a
 * record needs.
 */

import { EvidenceError } from '../../bytes/errors.ts';

/** A value and the bytes it stands in; those of a string without its quotes. */
export interface PlacedJson {
  readonly start: number;
  readonly end: number;
  readonly value: null | boolean | number | string | readonly PlacedJson[] | ReadonlyMap<string, PlacedJson>;
}

/** A record is three deep: itself, its list of digests, a digest. */
const MAX_DEPTH = 8;
/** ASCII that a string of JSON holds as it is. */
const PLAIN = /^[ !#-[\]-~]*$/;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORDS: ReadonlyMap<string, null | boolean> = new Map([
  ['null', null],
  ['true', true],
  ['false', false],
]);
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads one JSON value that fills `bytes` from `start` to `end`, but for white space.
 * @throws EvidenceError `cel.json`
 */
export function readPlacedJson(bytes: Uint8Array, start: number, end: number, part: string): PlacedJson {
  return new JsonReader(bytes, start, end, part).read();
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

class JsonReader {
  readonly #bytes: Uint8Array;
  /** one character per byte: everything but the inside of strings is ASCII */
  readonly #text: string;
  readonly #start: number;
  readonly #part: string;
  #at = 0;

  constructor(bytes: Uint8Array, start: number, end: number, part: string) {
    this.#bytes = bytes;
    this.#text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
    this.#start = start;
    this.#part = part;
  }

  read(): PlacedJson {
    this.#skipSpace();
    const value = this.#value(0);
    this.#skipSpace();
    if (this.#at !== this.#text.length) throw this.#error('something stands behind the value');
    return value;
  }

  #value(depth: number): PlacedJson {
    const start = this.#at;
    switch (this.#text[start]) {
      case '"':
        return this.#string();
      case '{':
        return this.#placed(start, this.#object(depth));
      case '[':
        return this.#placed(start, this.#array(depth));
      default:
        return this.#placed(start, this.#word());
    }
  }

  #placed(start: number, value: PlacedJson['value']): PlacedJson {
    return { start: this.#start + start, end: this.#start + this.#at, value };
  }

  #object(depth: number): ReadonlyMap<string, PlacedJson> {
    const fields = new Map<string, PlacedJson>();
    this.#members(depth, '}', () => {
      if (this.#text[this.#at] !== '"') throw this.#error('a key must be a string');
      const key = this.#string().value as string;
      if (fields.has(key)) throw this.#error('a key stands twice');
      this.#skipSpace();
      this.#expect(':');
      this.#skipSpace();
      fields.set(key, this.#value(depth + 1));
    });
    return fields;
  }

  #array(depth: number): readonly PlacedJson[] {
    const items: PlacedJson[] = [];
    this.#members(depth, ']', () => items.push(this.#value(depth + 1)));
    return items;
  }

  /** What stands between two brackets, with commas between. */
  #members(depth: number, close: string, readOne: () => void): void {
    if (depth === MAX_DEPTH) throw this.#error(`nested deeper than ${MAX_DEPTH}`);
    this.#at++;
    this.#skipSpace();
    if (this.#text[this.#at] === close) {
      this.#at++;
      return;
    }
    for (;;) {
      readOne();
      this.#skipSpace();
      if (this.#text[this.#at] === close) break;
      this.#expect(',');
      this.#skipSpace();
    }
    this.#at++;
  }

  #string(): PlacedJson {
    const start = this.#at + 1;
    const quote = this.#text.indexOf('"', start);
    const plain = this.#text.slice(start, Math.max(quote, start));
    const isPlain = quote !== -1 && PLAIN.test(plain);
    const end = isPlain ? quote : this.#endOfString(start);
    const place = { start: this.#start + start, end: this.#start + end };
    const value = isPlain ? plain : this.#decoded(place);
    this.#at = end + 1;
    return { ...place, value };
  }

  #endOfString(start: number): number {
    let end = start;
    while (end < this.#text.length && this.#text[end] !== '"') end += this.#text[end] === '\\' ? 2 : 1;
    if (end >= this.#text.length) throw this.#error('a string has no end');
    return end;
  }

  #decoded({ start, end }: Pick<PlacedJson, 'start' | 'end'>): string {
    try {
      return JSON.parse(`"${utf8.decode(this.#bytes.subarray(start, end))}"`) as string;
    } catch {
      throw this.#error('a string is not one of JSON');
    }
  }

  #word(): null | boolean | number {
    for (const [word, value] of WORDS) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    NUMBER.lastIndex = this.#at;
    const number = NUMBER.exec(this.#text)?.[0];
    if (number === undefined) throw this.#error('no value');
    this.#at += number.length;
    return Number(number);
  }

  #expect(character: string): void {
    if (this.#text[this.#at] !== character) throw this.#error(`${character} is missing`);
    this.#at++;
  }

  #skipSpace(): void {
    while (isSpace(this.#text.charCodeAt(this.#at))) this.#at++;
  }

  #error(message: string): EvidenceError {
    const offset = this.#start + this.#at;
    return new EvidenceError('cel.json', `not a JSON record: ${message} (${this.#part}, offset ${offset})`, {
      part: this.#part,
      offset,
    });
  }
}
