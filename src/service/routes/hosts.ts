/** What hosts call: enrolment, challenges and evidence. */

import type { RequestHandler } from 'express';
import {
  ActivateRequest,
  ChallengeRequest,
  EnrolRequest,
  EvidencePart,
  EvidenceRequest,
} from '../../api/agent-schemas.ts';
import type { Json } from '../../bytes/json.ts';
import { MAX_BUNDLE_VALUES, MAX_PART_BYTES } from '../../evidence/bundle.ts';
import { sendJson } from '../answer.ts';
import { activate, enrolmentState } from '../hosts/activate.ts';
import { attest } from '../hosts/attest.ts';
import { attestingHost, challengeHost } from '../hosts/challenge.ts';
import { keepEvidencePart } from '../hosts/evidence-part.ts';
import { enrol } from '../hosts/enrol.ts';
import { readJson, receiveJson, receiveSmallJson } from '../json-body.ts';
import { readQuery } from '../query.ts';
import type { ServiceContext } from '../settings.ts';

/** Two keys, and a chain of certificates. */
const ENROL_BODY_BYTES = 160 * 1024;

export function enrolRoute({ hosts, limits }: ServiceContext): RequestHandler[] {
  return [
    ...receiveJson({ ...limits, bodyBytes: Math.min(limits.bodyBytes, ENROL_BODY_BYTES) }),
    async (request, response) => {
      sendJson(response, 201, await enrol(hosts, readJson(EnrolRequest, request.body)));
    },
  ];
}

export function activateRoute({ hosts, limits }: ServiceContext): RequestHandler[] {
  return [
    ...receiveSmallJson(limits),
    async (request, response) => {
      const body = readJson(ActivateRequest, request.body);
      const state = await activate(hosts, String(request.params['enrolment']), body);
      response.locals['result'] = { enrolment: state.state, ...(state.host !== null && { host: state.host }) };
      sendJson(response, state.state === 'pending' ? 202 : 200, state);
    },
  ];
}

export function enrolmentStateRoute({ hosts }: ServiceContext): RequestHandler {
  return async (request, response) => {
    readQuery(request, []);
    sendJson(response, 200, await enrolmentState(hosts, String(request.params['enrolment'])));
  };
}

export function challengeRoute({ hosts, limits }: ServiceContext): RequestHandler[] {
  return [
    ...receiveSmallJson(limits),
    async (request, response) => {
      readJson(ChallengeRequest, request.body);
      sendJson(response, 201, await challengeHost(hosts, String(request.params['host'])));
    },
  ];
}

/** A host that may not attest sends its evidence for nothing. */
function mayAttest({ hosts }: ServiceContext): RequestHandler {
  return async (request, _response, next) => {
    await attestingHost(hosts, String(request.params['host']));
    next();
  };
}

/** A part in base64, and what stands around it. */
const PART_BODY_BYTES = Math.ceil((MAX_PART_BYTES * 4) / 3) + 1024;

export function evidencePartRoute(context: ServiceContext): RequestHandler[] {
  const { hosts, limits } = context;
  return [
    mayAttest(context),
    ...receiveJson({ ...limits, bodyBytes: Math.min(limits.bodyBytes, PART_BODY_BYTES) }),
    async (request, response) => {
      await keepEvidencePart(hosts, String(request.params['host']), readJson(EvidencePart, request.body));
      response.status(204).end();
    },
  ];
}

/** @param place holds one of the places for appraisals */
export function attestRoute(context: ServiceContext, place: RequestHandler): RequestHandler[] {
  const { hosts, limits } = context;
  return [
    mayAttest(context),
    ...receiveJson(limits),
    place,
    async (request, response) => {
      const { nonce, expiresAt, bundle } = readJson(EvidenceRequest, request.body, MAX_BUNDLE_VALUES);
      const host = String(request.params['host']);
      const answer = await attest(hosts, host, { nonce, expiresAt, bundle: bundle as Json });
      response.locals['result'] = { host, verdict: answer.verdict, weakestLink: answer.weakestLink };
      sendJson(response, 200, answer);
    },
  ];
}
