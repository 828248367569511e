/** Answers in JSON. */

import type { Response } from 'express';

/** Sends a document that is for its caller alone. */
export function sendJson(response: Response, status: number, document: unknown): void {
  response.status(status);
  response.setHeader('content-type', 'application/json');
  response.setHeader('cache-control', 'no-store');
  response.end(JSON.stringify(document));
}

/** Epoch milliseconds in RFC 3339. */
export function rfc3339(at: number): string {
  return new Date(at).toISOString();
}
