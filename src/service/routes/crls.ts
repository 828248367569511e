/** `/v1/crls`: revocation lists are added, listed and removed. */

import type { Request, RequestHandler, Response } from 'express';
import { NewCrl, type CrlDetail, type CrlList } from '../../api/crl-schemas.ts';
import { EvidenceError } from '../../bytes/errors.ts';
import { digestHex } from '../../bytes/hash.ts';
import { fromBase64url, fromHex, printable } from '../../bytes/text.ts';
import { insertBlob, namedBlob, packBlob } from '../../store/blobs.ts';
import { addCrl, listCrls, removeCrl, type Crl as StoredCrl } from '../../store/trust-roots.ts';
import { parseCrl, type Crl } from '../../x509/crl.ts';
import { rfc3339, sendJson } from '../answer.ts';
import { causeOf } from '../guard.ts';
import { changeTrust } from '../hosts/trust-change.ts';
import { describe, readJson, receiveJson } from '../json-body.ts';
import { HttpProblem } from '../problem-error.ts';
import { readQuery } from '../query.ts';
import type { ServiceContext } from '../settings.ts';

/** A list of 4 MiB in base64url, and what is around it. */
const BODY_BYTES = 6 * 1024 * 1024;

export function addCrlRoute(context: ServiceContext): RequestHandler[] {
  const limits = { ...context.limits, bodyBytes: Math.min(context.limits.bodyBytes, BODY_BYTES) };
  return [...receiveJson(limits), (request, response) => add(context, request, response)];
}

async function add(context: ServiceContext, request: Request, response: Response): Promise<void> {
  const { list: text, reason } = readJson(NewCrl, request.body);
  const list = readList(text);
  const blob = await packBlob(list.der);
  const { thisUpdate: thisUpdateAt, nextUpdate } = list;
  const issuerSha256 = digestHex('sha256', fromHex(list.issuerName));
  const crl = { crlId: blob.id, issuerSha256, thisUpdateAt, nextUpdateAt: nextUpdate ?? null };
  const stored = await changeTrust(context, causeOf(context, response, reason), async (change) => {
    await insertBlob(change.keep, blob, change.at);
    if (!(await addCrl(change, crl))) throw new HttpProblem('crl.exists', `${blob.id} is there`);
    return { ...crl, addedBy: change.by, addedAt: change.at };
  });
  sendJson(response, 201, detail(stored, list, context.now()));
}

function readList(text: string): Crl {
  try {
    return parseCrl(fromBase64url(text), 'list');
  } catch (cause) {
    if (!(cause instanceof EvidenceError)) throw cause;
    throw new HttpProblem('crl.list', describe(cause));
  }
}

export function listCrlsRoute({ store, now }: ServiceContext): RequestHandler {
  return async (request, response) => {
    readQuery(request, []);
    const crls: CrlDetail[] = [];
    for (const crl of await listCrls(store.read)) {
      crls.push(detail(crl, parseCrl(await namedBlob(store.read, crl.crlId), 'list'), now()));
    }
    const list: CrlList = { crls };
    sendJson(response, 200, list);
  };
}

export function removeCrlRoute(context: ServiceContext): RequestHandler {
  return async (request, response) => {
    const id = String(request.params['id']);
    const reason = readQuery(request, ['reason']).reason();
    await changeTrust(context, causeOf(context, response, reason), async (change) => {
      if (!(await removeCrl(change, id))) throw new HttpProblem('crl.unknown', `no list ${printable(id, 80)} is there`);
    });
    response.status(204).end();
  };
}

function detail(crl: StoredCrl, { issuer, revoked }: Crl, at: number): CrlDetail {
  const { crlId: id, thisUpdateAt, nextUpdateAt, addedBy, addedAt } = crl;
  return {
    id,
    issuer: printable(issuer, 1000),
    thisUpdate: rfc3339(thisUpdateAt),
    nextUpdate: nextUpdateAt === null ? null : rfc3339(nextUpdateAt),
    current: thisUpdateAt <= at && nextUpdateAt !== null && at < nextUpdateAt,
    revoked: revoked.size,
    addedBy,
    addedAt: rfc3339(addedAt),
  };
}
