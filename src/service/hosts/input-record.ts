/** What an appraisal was a function of, kept so that it can be made again. */

import { writeInput } from '../../chain/input-document.ts';
import type { AppraisalInput } from '../../chain/model.ts';
import { packBlob, type PackedBlob } from '../../store/blobs.ts';

/** The parts ready to be inserted, and the id of the document among them that names the others. */
export interface PackedInput {
  readonly id: string;
  readonly blobs: readonly PackedBlob[];
}

/** Packs the input; roots and revocation lists are kept already. */
export async function packInput(input: AppraisalInput): Promise<PackedInput> {
  const blobs = await Promise.all(writeInput(input).map((bytes) => packBlob(bytes)));
  return { id: blobs[0]!.id, blobs };
}
