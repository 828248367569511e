/** What the check of one certificate finds on the way: all that is wrong, and all that was tolerated. */

import { readOr } from '../bytes/errors.ts';
import { refusalOf, type CertificateCode, type Refusal } from './codes.ts';
import type { NoteName } from './path-model.ts';
import type { QuirkName } from './quirks.ts';

export class Findings {
  readonly refusals: Refusal[] = [];
  readonly notes: NoteName[] = [];
  readonly quirks: Set<QuirkName>;

  /** @param quirks those of reading the certificate */
  constructor(quirks: readonly QuirkName[]) {
    this.quirks = new Set(quirks);
  }

  refuse(code: CertificateCode, message: string): void {
    this.refusals.push({ code, message });
  }

  /** What `read` gives; what it cannot read is refused with the reader's code. */
  attempt<T>(read: () => T): T | undefined {
    return readOr(read, (error) => {
      this.refusals.push(refusalOf(error));
      return undefined;
    });
  }
}
