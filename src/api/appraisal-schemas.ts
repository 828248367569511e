/** What is said about an appraisal that was made. */

import * as z from 'zod/mini';
import { time, Uuid } from './fields.ts';
import { base64url, contentId } from './schemas.ts';

/** Answer of `GET /v1/appraisals/{id}/input`: everything the appraisal was a function of, and what came of it. */
export const AppraisalExport = z.strictObject({
  schema: z.literal('assay.appraisal-export/1'),
  id: Uuid,
  host: Uuid,
  at: time('Evidence time.'),
  input: contentId('The document that names the parts of the input, `assay.input/1`.'),
  document: contentId('The appraisal document. The signed result names it as `assay.chain.appraisal`.'),
  parts: z
    .record(z.string(), base64url('The content.'))
    .check(z.describe('Every part by its content id, those two documents among them.')),
});
export type AppraisalExport = z.infer<typeof AppraisalExport>;
