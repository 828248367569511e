/** What the kernel hashes for an entry's template digest (ima_calc_field_array_hash). */

import type { ImaList } from './model.ts';
import { entryTemplate, templateData } from './model.ts';

/** The template `ima` hashes its name in a fixed field: IMA_EVENT_NAME_LEN_MAX + 1, filled with zeros. */
const NAME_FIELD = 256;
const DIGEST_SIZE = 20;

/**
 * The template data as it stands in the list, for every template but `ima`: that one hashes 20 bytes of digest and the
 * name padded to 256, without the length that stands between them in the list.
 */
export function hashInput(list: ImaList, index: number): Uint8Array {
  const data = templateData(list, index);
  if (!entryTemplate(list, index).unframed) return data;
  const padded = new Uint8Array(DIGEST_SIZE + NAME_FIELD);
  padded.set(data.subarray(0, DIGEST_SIZE));
  padded.set(data.subarray(DIGEST_SIZE + 4), DIGEST_SIZE);
  return padded;
}
