/** JSON bodies: received within limits, read strictly, refused in words. */

import type { RequestHandler } from 'express';
import * as z from 'zod/mini';
import type { ProblemError } from '../api/problems.ts';
import { EvidenceError } from '../bytes/errors.ts';
import { parseJson, type Json } from '../bytes/json.ts';
import { printable } from '../bytes/text.ts';
import { IN_WORDS } from '../references/schema.ts';
import { HttpProblem } from './problem-error.ts';
import { receiveBody } from './receive-body.ts';
import type { ServiceLimits } from './settings.ts';

/** Bytes and values of a body that carries no evidence. */
const SMALL_BODY_BYTES = 64 * 1024;
const SMALL_BODY_VALUES = 1000;

/** The handlers that bring a JSON body, as large as evidence may be. */
export function receiveJson(limits: ServiceLimits): RequestHandler[] {
  return [requireJson, receiveBody(limits)];
}

/** The same for a body that carries no evidence. */
export function receiveSmallJson(limits: ServiceLimits): RequestHandler[] {
  return receiveJson({ ...limits, bodyBytes: Math.min(limits.bodyBytes, SMALL_BODY_BYTES) });
}

const requireJson: RequestHandler = (request, _response, next) => {
  if (request.is('application/json') === false) {
    throw new HttpProblem(
      'request.content-type',
      `Content-Type is ${printable(request.get('content-type') ?? 'missing', 80)}`,
    );
  }
  next();
};

/**
 * The body as its schema describes it.
 * @param body what {@link receiveJson} brought
 * @param maxValues most values in it, counted before any is made
 * @throws HttpProblem `request.json`, `request.invalid`
 */
export function readJson<T>(schema: z.ZodMiniType<T>, body: unknown, maxValues = SMALL_BODY_VALUES): T {
  let value: Json;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body instanceof Uint8Array ? body : undefined);
    value = parseJson(text, maxValues);
  } catch (cause) {
    const detail = cause instanceof EvidenceError ? describe(cause) : 'the body is not UTF-8';
    throw new HttpProblem('request.json', detail);
  }
  const result = z.safeParse(schema, value, IN_WORDS);
  if (result.success) return result.data;
  const errors = result.error.issues.flatMap(issueErrors).slice(0, MAX_ERRORS);
  throw new HttpProblem('request.invalid', `${errors.length} problems, first: ${errors[0]?.detail}`, { errors });
}

/** Enough to correct a request by; a hostile one cannot make the answer long. */
const MAX_ERRORS = 20;

function issueErrors(issue: z.core.$ZodIssue): ProblemError[] {
  const path = issue.path.map(String);
  const keys = issue.code === 'unrecognized_keys' ? issue.keys : [undefined];
  return keys.slice(0, MAX_ERRORS).map((key) => ({
    pointer: jsonPointer(key === undefined ? path : [...path, key]),
    detail: key === undefined ? issue.message : `the key ${printable(key, 80)} is not part of a request`,
  }));
}

function jsonPointer(path: readonly string[]): string {
  return path.map((part) => `/${printable(part, 80).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** A field whose value only the program can judge. */
export function invalid(pointer: string, detail: string): HttpProblem {
  return new HttpProblem('request.invalid', `${pointer.slice(1)}: ${detail}`, { errors: [{ pointer, detail }] });
}

/** What was wrong with bytes, as it may be shown. */
export function describe(error: EvidenceError): string {
  return `${error.code}: ${printable(error.message)}`;
}
