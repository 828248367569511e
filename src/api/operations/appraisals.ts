/** `/v1/appraisals`: what was judged, for whoever wants to judge it again. */

import { json, type Operation } from '../operation.ts';
import { id } from './parameters.ts';

export const APPRAISAL_OPERATIONS = {
  exportAppraisal: {
    method: 'get',
    path: '/v1/appraisals/{id}/input',
    access: { role: 'auditor' },
    summary: 'What an appraisal was a function of, whole',
    description:
      'Evidence, policy, references, roots, revocation lists, expectation and time, each by its digest, with the document that came of them. `assay audit replay` makes it again, without the service.',
    parameters: [id('Id of the appraisal.')],
    answer: json('AppraisalExport', 'The appraisal with its input'),
    problems: ['request.query', 'appraisal.unknown', 'service.busy'],
  },
} as const satisfies Record<string, Operation>;
