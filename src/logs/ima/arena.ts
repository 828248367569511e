/** One growing byte array that a whole ASCII list is rebuilt into. */

export class ByteArena {
  #bytes: Buffer;
  #length = 0;

  /** @param expected size to start with; hexadecimal halves, so the text's size is nearly always enough */
  constructor(expected: number) {
    this.#bytes = Buffer.alloc(expected + 64);
  }

  get length(): number {
    return this.#length;
  }

  u16(value: number): void {
    this.#reserve(2);
    this.#length = this.#bytes.writeUInt16LE(value, this.#length);
  }

  u32(value: number): void {
    this.#reserve(4);
    this.#length = this.#bytes.writeUInt32LE(value, this.#length);
  }

  /** Overwrites a u32 written before. */
  setU32(offset: number, value: number): void {
    this.#bytes.writeUInt32LE(value, offset);
  }

  /** One byte per character of `text`. */
  latin1(text: string): void {
    this.#reserve(text.length);
    this.#length += this.#bytes.write(text, this.#length, 'latin1');
  }

  /** Decodes hexadecimal digits; returns how many bytes they gave, which is less than half when one is none. */
  hex(text: string): number {
    this.#reserve(text.length >> 1);
    const written = this.#bytes.write(text, this.#length, 'hex');
    this.#length += written;
    return written;
  }

  zero(): void {
    this.latin1('\0');
  }

  /** A copy of what was written, no larger than it. */
  bytes(): Uint8Array {
    return new Uint8Array(this.#bytes.subarray(0, this.#length));
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = Buffer.alloc(Math.max(this.#bytes.length * 2, this.#length + more));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}
