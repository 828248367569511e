/** Every operation of the HTTP interface by its id. The service registers these and no others. */

import { AGENT_OPERATIONS } from './operations/agent.ts';
import { APPRAISAL_OPERATIONS } from './operations/appraisals.ts';
import { APPRAISE_OPERATIONS } from './operations/appraise.ts';
import { CRL_OPERATIONS } from './operations/crls.ts';
import { DOCUMENT_OPERATIONS } from './operations/documents.ts';
import { EK_PIN_OPERATIONS } from './operations/ek-pins.ts';
import { EVENT_OPERATIONS } from './operations/events.ts';
import { HOST_OPERATIONS } from './operations/hosts.ts';
import { JOIN_TOKEN_OPERATIONS } from './operations/join-tokens.ts';
import { TOKEN_OPERATIONS } from './operations/tokens.ts';
import { TRUST_OPERATIONS } from './operations/trust.ts';

export const OPERATIONS = {
  ...APPRAISE_OPERATIONS,
  ...AGENT_OPERATIONS,
  ...HOST_OPERATIONS,
  ...APPRAISAL_OPERATIONS,
  ...TRUST_OPERATIONS,
  ...CRL_OPERATIONS,
  ...JOIN_TOKEN_OPERATIONS,
  ...EK_PIN_OPERATIONS,
  ...TOKEN_OPERATIONS,
  ...EVENT_OPERATIONS,
  ...DOCUMENT_OPERATIONS,
} as const;

export type OperationId = keyof typeof OPERATIONS;
