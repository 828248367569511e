/** Collects the columns of a list while a parser reads it. */

import { EvidenceError } from '../../bytes/errors.ts';
import type { HashName } from '../../bytes/hash.ts';
import type { ImaAnomaly, ImaList, ImaTemplate } from './model.ts';
import { isKnownTemplate, templateByName } from './templates.ts';

/** Offsets are 32-bit and a list is held whole; hosts with a million entries were seen at 150 MB. */
export const MAX_LIST_BYTES = 1 << 30;

/** Four times what any host was seen to have; bounds the columns (18 bytes per entry). */
export const MAX_ENTRIES = 1 << 22;

/** One host has two or three templates; the column that names them has one byte. */
const MAX_TEMPLATES = 64;

/** No PCR of a PC Client TPM has a higher index than 23; 31 is the highest a selection of four octets can name. */
export const MAX_PCR = 31;

/** Far above any buffer the kernel measures (certificates, device-mapper tables, signatures appended to modules). */
export const MAX_TEMPLATE_DATA = 1 << 24;

/** Grows the columns entry by entry; `list` gives the whole. */
export class ListBuilder {
  readonly #part: string;
  readonly #templates: ImaTemplate[] = [];
  readonly #templateIndex = new Map<string, number>();
  readonly #anomalies: ImaAnomaly[] = [];
  #count = 0;
  #pcr = new Uint8Array(0);
  #template = new Uint8Array(0);
  #sourceOffset = new Uint32Array(0);
  #digestOffset = new Uint32Array(0);
  #dataOffset = new Uint32Array(0);
  #dataLength = new Uint32Array(0);

  constructor(part: string) {
    this.#part = part;
  }

  get count(): number {
    return this.#count;
  }

  /**
   * Index of the template of that name, which is added when the list names it for the first time.
   * @throws EvidenceError `ima.templates` when the list names more than `MAX_TEMPLATES`
   */
  templateIndex(name: string, offset: number): number {
    const known = this.#templateIndex.get(name);
    if (known !== undefined) return known;
    const index = this.#templates.length;
    if (index === MAX_TEMPLATES) {
      throw this.error('ima.templates', `names more than ${MAX_TEMPLATES} templates`, offset);
    }
    const template = templateByName(name);
    if (!isKnownTemplate(template)) {
      const detail = `template ${name} has fields this verifier does not know`;
      this.#anomalies.push({ kind: 'template-unknown', offset, index: this.#count, detail });
    }
    this.#templates.push(template);
    this.#templateIndex.set(name, index);
    return index;
  }

  template(index: number): ImaTemplate {
    return this.#templates[index]!;
  }

  /** @throws EvidenceError `ima.entries` past `MAX_ENTRIES` */
  add(pcr: number, template: number, source: number, digest: number, data: number, length: number): void {
    const i = this.#count;
    if (i >= MAX_ENTRIES) throw this.error('ima.entries', `has more than ${MAX_ENTRIES} entries`, source);
    if (i === this.#pcr.length) this.#resize(i === 0 ? 256 : i * 2);
    this.#pcr[i] = pcr;
    this.#template[i] = template;
    this.#sourceOffset[i] = source;
    this.#digestOffset[i] = digest;
    this.#dataOffset[i] = data;
    this.#dataLength[i] = length;
    this.#count = i + 1;
  }

  /** Records that the list ends inside an entry, `left` bytes after that entry's start. */
  truncatedAt(offset: number, left: number): void {
    const detail = `ends inside entry ${this.#count}, ${left} bytes after its start`;
    this.#anomalies.push({ kind: 'truncated', offset, index: this.#count, detail });
  }

  error(code: string, message: string, offset: number): EvidenceError {
    return new EvidenceError(code, `the IMA list ${message} (${this.#part}, offset ${offset}, entry ${this.#count})`, {
      part: this.#part,
      offset,
    });
  }

  list(format: ImaList['format'], bytes: Uint8Array, digestHash: HashName): ImaList {
    this.#resize(this.#count);
    return {
      format,
      part: this.#part,
      bytes,
      count: this.#count,
      digestHash,
      templates: this.#templates,
      columns: {
        pcr: this.#pcr,
        template: this.#template,
        sourceOffset: this.#sourceOffset,
        digestOffset: this.#digestOffset,
        dataOffset: this.#dataOffset,
        dataLength: this.#dataLength,
      },
      anomalies: this.#anomalies,
      truncated: this.#anomalies.some((a) => a.kind === 'truncated'),
    };
  }

  #resize(length: number): void {
    this.#pcr = resized(this.#pcr, new Uint8Array(length));
    this.#template = resized(this.#template, new Uint8Array(length));
    this.#sourceOffset = resized(this.#sourceOffset, new Uint32Array(length));
    this.#digestOffset = resized(this.#digestOffset, new Uint32Array(length));
    this.#dataOffset = resized(this.#dataOffset, new Uint32Array(length));
    this.#dataLength = resized(this.#dataLength, new Uint32Array(length));
  }
}

function resized<T extends Uint8Array | Uint32Array>(old: T, larger: T): T {
  larger.set(old.subarray(0, larger.length));
  return larger;
}
