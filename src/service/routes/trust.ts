/** `/v1/trust-roots`: roots are added, listed, shown and removed. */

import type { Request, RequestHandler, Response } from 'express';
import { NewTrustRoot, type TrustRoot, type TrustRootDetail, type TrustRootList } from '../../api/trust-schemas.ts';
import { EvidenceError } from '../../bytes/errors.ts';
import { fromBase64url, printable, toBase64url } from '../../bytes/text.ts';
import { insertBlob, packBlob, readBlob } from '../../store/blobs.ts';
import {
  addTrustRoot,
  findTrustRoot,
  listTrustRoots,
  removeTrustRoot,
  type TrustRoot as StoredTrustRoot,
} from '../../store/trust-roots.ts';
import { parseCertificate, type Certificate } from '../../x509/certificate.ts';
import { certificateProblem, issuerProblem } from '../../x509/path-rules.ts';
import { rfc3339, sendJson } from '../answer.ts';
import { causeOf } from '../guard.ts';
import { changeTrust } from '../hosts/trust-change.ts';
import { describe, readJson, receiveSmallJson } from '../json-body.ts';
import { HttpProblem } from '../problem-error.ts';
import { readQuery } from '../query.ts';
import type { ServiceContext } from '../settings.ts';

export function addTrustRootRoute(context: ServiceContext): RequestHandler[] {
  return [...receiveSmallJson(context.limits), (request, response) => add(context, request, response)];
}

async function add(context: ServiceContext, request: Request, response: Response): Promise<void> {
  const { certificate: text, class: kind, name, reason } = readJson(NewTrustRoot, request.body);
  const certificate = readRoot(text);
  const blob = await packBlob(certificate.der);
  const root = { certificateId: blob.id, class: kind, name };
  const stored = await changeTrust(context, causeOf(context, response, reason), async (change) => {
    await insertBlob(change.keep, blob, change.at);
    if (!(await addTrustRoot(change, root))) throw new HttpProblem('trust-root.exists', `${blob.id} is trusted`);
    return { ...root, addedBy: change.by, addedAt: change.at };
  });
  sendJson(response, 201, detail(stored, certificate));
}

/** A certificate that could stand above an EK's. Whether it is valid now does not matter: roots of old TPMs have long expired. */
function readRoot(text: string): Certificate {
  let certificate: Certificate;
  try {
    certificate = parseCertificate(fromBase64url(text), 'certificate');
  } catch (cause) {
    if (!(cause instanceof EvidenceError)) throw cause;
    throw new HttpProblem('trust-root.certificate', describe(cause));
  }
  const refusal = certificateProblem(certificate) ?? issuerProblem(certificate, 0, true, undefined);
  if (refusal === undefined) return certificate;
  throw new HttpProblem('trust-root.certificate', `${refusal.code}: ${printable(refusal.message)}`);
}

export function listTrustRootsRoute({ store }: ServiceContext): RequestHandler {
  return async (request, response) => {
    readQuery(request, []);
    const list: TrustRootList = { trustRoots: (await listTrustRoots(store.read)).map(shown) };
    sendJson(response, 200, list);
  };
}

export function showTrustRootRoute({ store }: ServiceContext): RequestHandler {
  return async (request, response) => {
    readQuery(request, []);
    const id = String(request.params['id']);
    const [root, bytes] = await Promise.all([findTrustRoot(store.read, id), readBlob(store.read, id)]);
    if (root === undefined || bytes === undefined) throw unknownRoot(id);
    sendJson(response, 200, detail(root, parseCertificate(bytes, 'certificate')));
  };
}

export function removeTrustRootRoute(context: ServiceContext): RequestHandler {
  return async (request, response) => {
    const id = String(request.params['id']);
    const reason = readQuery(request, ['reason']).reason();
    await changeTrust(context, causeOf(context, response, reason), async (change) => {
      if (!(await removeTrustRoot(change, id))) throw unknownRoot(id);
    });
    response.status(204).end();
  };
}

function unknownRoot(id: string): HttpProblem {
  return new HttpProblem('trust-root.unknown', `no root ${printable(id, 80)} is trusted`);
}

function shown({ certificateId, class: kind, name, addedBy, addedAt }: StoredTrustRoot): TrustRoot {
  return { id: certificateId, class: kind, name, addedBy, addedAt: rfc3339(addedAt) };
}

function detail(root: StoredTrustRoot, certificate: Certificate): TrustRootDetail {
  const { subject, issuer, serialNumber, notBefore, notAfter, der } = certificate;
  return {
    ...shown(root),
    subject,
    issuer,
    serialNumber,
    notBefore: rfc3339(notBefore),
    notAfter: rfc3339(notAfter),
    certificate: toBase64url(der),
  };
}
