/** Builds binary structures; the counterpart of `ByteReader`. */

export class ByteWriter {
  #chunks: Uint8Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  #number(size: number, set: (view: DataView) => void): this {
    const chunk = new Uint8Array(size);
    set(new DataView(chunk.buffer));
    return this.raw(chunk);
  }

  u8(value: number): this {
    return this.#number(1, (v) => v.setUint8(0, value));
  }
  u16(value: number): this {
    return this.#number(2, (v) => v.setUint16(0, value, true));
  }
  u32(value: number): this {
    return this.#number(4, (v) => v.setUint32(0, value, true));
  }
  u64(value: bigint): this {
    return this.#number(8, (v) => v.setBigUint64(0, value, true));
  }
  u16be(value: number): this {
    return this.#number(2, (v) => v.setUint16(0, value, false));
  }
  u32be(value: number): this {
    return this.#number(4, (v) => v.setUint32(0, value, false));
  }
  u64be(value: bigint): this {
    return this.#number(8, (v) => v.setBigUint64(0, value, false));
  }

  raw(bytes: Uint8Array): this {
    this.#chunks.push(bytes);
    this.#length += bytes.length;
    return this;
  }

  /** `TPM2B` framing: big-endian u16 length, then the bytes. */
  sized16be(bytes: Uint8Array): this {
    return this.u16be(bytes.length).raw(bytes);
  }

  bytes(): Uint8Array {
    const out = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      out.set(chunk, at);
      at += chunk.length;
    }
    return out;
  }
}
