/** Captured evidence as a caller of the service sends it. */

import { readFileSync } from 'node:fs';

interface CapturedBundle {
  readonly logs: { firmware: string; ima: string };
  readonly quotes: readonly { attest: string }[];
  readonly [key: string]: unknown;
}

export interface CapturedRequest {
  readonly bundle: CapturedBundle;
  /** base64url */
  readonly nonce: string;
  readonly selection: string;
  readonly policy: string;
}

/** The request for `fixtures/<path>`, each time a fresh copy. */
export function capturedRequest(path: string, policy = 'kvm-uki'): CapturedRequest {
  const read = (file: string): unknown => JSON.parse(readFileSync(`fixtures/${path}/${file}`, 'utf8'));
  const { nonce, selection } = read('context.json') as { readonly nonce: string; readonly selection: string };
  return {
    bundle: read('bundle.json') as CapturedBundle,
    nonce: Buffer.from(nonce, 'hex').toString('base64url'),
    selection,
    policy,
  };
}

/** `POST /v1/appraise` with a JSON body, or with text as it is. */
export function post(url: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(`${url}/v1/appraise`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}
