/** `/v1/appraisals/{id}/input`: an appraisal with everything it was a function of. */

import type { RequestHandler } from 'express';
import type { AppraisalExport } from '../../api/appraisal-schemas.ts';
import { printable, toBase64url } from '../../bytes/text.ts';
import { inputPartIds } from '../../chain/input-document.ts';
import { findAppraisal } from '../../store/appraisals.ts';
import { namedBlob } from '../../store/blobs.ts';
import { rfc3339, sendJson } from '../answer.ts';
import { HttpProblem } from '../problem-error.ts';
import { readQuery } from '../query.ts';
import type { ServiceContext } from '../settings.ts';

/** @param place holds one of the places for appraisals: the answer is as large as evidence, and is made in memory */
export function exportAppraisalRoute({ store }: ServiceContext, place: RequestHandler): RequestHandler[] {
  return [
    place,
    async (request, response) => {
      readQuery(request, []);
      const id = String(request.params['id']);
      const appraisal = await findAppraisal(store.read, id);
      if (appraisal === undefined) throw new HttpProblem('appraisal.unknown', `no appraisal ${printable(id, 40)}`);
      const { hostId: host, at, inputId: input, documentId: document } = appraisal;
      const bytes = await namedBlob(store.read, input);
      const parts: Record<string, string> = { [input]: toBase64url(bytes) };
      for (const part of [document, ...inputPartIds(bytes)]) {
        parts[part] = toBase64url(await namedBlob(store.read, part));
      }
      const answer: AppraisalExport = {
        schema: 'assay.appraisal-export/1',
        id,
        host,
        at: rfc3339(at),
        input,
        document,
        parts,
      };
      sendJson(response, 200, answer);
    },
  ];
}
