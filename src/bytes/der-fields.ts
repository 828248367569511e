/** The fields of a SEQUENCE taken one by one, as its ASN.1 definition lists them. */

import { EvidenceError } from './errors.ts';
import { derChildren, derExpect, type DerNode } from './der.ts';

/** Fields front to back. Optional ones are taken by their tag; what nobody took is refused at the end. */
export class DerFields {
  readonly parent: DerNode;
  readonly #fields: readonly DerNode[];
  #next = 0;

  /** @throws EvidenceError as `derChildren` */
  constructor(parent: DerNode) {
    this.parent = parent;
    this.#fields = derChildren(parent);
  }

  /** @throws EvidenceError `der.unexpected` unless the next field has this tag */
  take(tag: number): DerNode {
    const field = derExpect(this.#fields[this.#next], tag, this.parent);
    this.#next++;
    return field;
  }

  /** The next field if it has one of these tags. */
  optional(...tags: readonly number[]): DerNode | undefined {
    const field = this.#fields[this.#next];
    if (field === undefined || !tags.includes(field.tag)) return undefined;
    this.#next++;
    return field;
  }

  /** The fields that are left. */
  rest(): readonly DerNode[] {
    const fields = this.#fields.slice(this.#next);
    this.#next = this.#fields.length;
    return fields;
  }

  /** @throws EvidenceError `der.unexpected` when fields are left */
  end(): void {
    const field = this.#fields[this.#next];
    if (field === undefined) return;
    const { part, offset, tag } = field;
    throw new EvidenceError(
      'der.unexpected',
      `DER: a field of tag 0x${tag.toString(16)} too many (${part}, offset ${offset})`,
      {
        part,
        offset,
      },
    );
  }
}
