/** What hosts call (docs/agent-protocol.md). They have no token: their TPM proves who they are. */

import { BODY_PROBLEMS, json, type Operation, type Parameter } from '../operation.ts';

const enrolment: Parameter = {
  name: 'enrolment',
  in: 'path',
  description: 'Id of the enrolment, as it was given to the host that began it.',
  schema: { type: 'string', format: 'uuid' },
};

const host: Parameter = {
  name: 'host',
  in: 'path',
  description: 'Id of the host.',
  schema: { type: 'string', format: 'uuid' },
};

const HOST_PROBLEMS = ['host.unknown', 'host.pending', 'host.retired', 'host.no-policy'] as const;

export const AGENT_OPERATIONS = {
  enrol: {
    method: 'post',
    path: '/v1/enrol',
    access: { public: 'a machine that enrols is nobody yet; how many may be open is bounded' },
    summary: 'Begin an enrolment',
    description: 'The answer holds a credential that only the TPM of this EK can open, and only beside this AK.',
    request: 'EnrolRequest',
    answer: json('EnrolResponse', 'The credential', 201),
    problems: [...BODY_PROBLEMS, 'enrolment.key', 'enrolment.certificate', 'enrolment.retired', 'enrolment.queue-full'],
  },
  activate: {
    method: 'post',
    path: '/v1/enrol/{enrolment}/activate',
    access: { public: 'the secret inside the credential is what lets it in; there is one attempt' },
    summary: 'Answer the credential',
    description: '`pending` means that the machine is known and an operator has to say whether it is ours.',
    parameters: [enrolment],
    request: 'ActivateRequest',
    answer: json('EnrolmentState', 'How the enrolment stands'),
    problems: [...BODY_PROBLEMS, 'enrolment.unknown', 'enrolment.refused', 'enrolment.queue-full'],
  },
  enrolmentState: {
    method: 'get',
    path: '/v1/enrol/{enrolment}',
    access: { public: 'the id is known to the host that began it, and the answer says nothing of any other' },
    summary: 'How an enrolment stands',
    parameters: [enrolment],
    answer: json('EnrolmentState', 'How the enrolment stands'),
    problems: ['enrolment.unknown', 'request.query'],
  },
  challenge: {
    method: 'post',
    path: '/v1/hosts/{host}/challenge',
    access: { public: 'a challenge is worth nothing without the TPM of its host, and nothing is stored for it' },
    summary: 'Ask for a challenge',
    parameters: [host],
    request: 'ChallengeRequest',
    answer: json('ChallengeResponse', 'The challenge', 201),
    problems: [...BODY_PROBLEMS, ...HOST_PROBLEMS],
  },
  evidencePart: {
    method: 'post',
    path: '/v1/hosts/{host}/evidence-parts',
    access: { public: 'parts are taken only with a grant, which the AK of the host got by answering this challenge' },
    summary: 'Send a part of a runtime list that does not fit into a request',
    description:
      'The evidence then names the list by its content id. Parts are dropped when the challenge is answered or has expired, and with the first part for another challenge.',
    parameters: [host],
    request: 'EvidencePart',
    answer: { status: 204, description: 'The part is held' },
    problems: [
      ...BODY_PROBLEMS,
      ...HOST_PROBLEMS,
      'challenge.foreign',
      'challenge.expired',
      'challenge.used',
      'evidence.not-from-host',
      'evidence.parts-full',
    ],
  },
  attest: {
    method: 'post',
    path: '/v1/hosts/{host}/evidence',
    access: { public: 'evidence counts only when the AK of the host signed it for a challenge of this service' },
    summary: 'Answer a challenge',
    description:
      'Evidence that this host’s AK did not sign for this challenge is refused, and nothing is recorded of it. Everything else is appraised and recorded, once.',
    parameters: [host],
    request: 'EvidenceRequest',
    answer: json('EvidenceResponse', 'The result, and what of the logs is acknowledged'),
    problems: [
      ...BODY_PROBLEMS,
      ...HOST_PROBLEMS,
      'challenge.foreign',
      'challenge.expired',
      'challenge.used',
      'evidence.unreadable',
      'evidence.logs-missing',
      'evidence.not-from-host',
    ],
  },
} as const satisfies Record<string, Operation>;
